// Beside the rule: whom it finds, in words, as a count and by name; and one person looked at
// condition by condition.
import { Builder, html, icon, useContext, useLayoutEffect, useRef, useState } from "./html.js";
import { Combo } from "./controls.js";
import { once } from "./known.js";

export function Live() {
  const store = useContext(Builder);
  const { words } = store;
  return html`<aside class="ru-live" aria-label=${words.who_fits}>
    <div class="ru-found" aria-live="polite" aria-busy=${String(store.busy)} data-rules-live>${found(store, words)}</div>
    ${store.urls.explain ? html`<${Person} />` : null}</aside>`;
}

function found(store, words) {
  if (store.codeFault) return html`<p class="muted">${words.mend_json}</p>`;
  if (store.waiting) return html`<p class="muted">${words.not_complete}</p>`;
  if (store.lost) return html`<p class="muted">${words.no_answer} <button type="button" class="btn btn-sm" onClick=${() => store.ask()}>${words.try_again}</button></p>`;
  if (!store.found) return html`<div class="skeleton"><i></i><i></i><i></i></div>`;
  return html`<${Html} text=${store.found} />`;
}

/** HTML of our own server. */
function Html({ text }) {
  const box = useRef(null);
  const store = useContext(Builder);
  useLayoutEffect(() => {
    box.current.innerHTML = text;
  }, [text]);
  const click = (event) => {
    const button = event.target.closest("[data-explain]");
    if (button) store.explain({ id: button.dataset.explain, name: button.dataset.name, url: button.dataset.url });
  };
  return html`<div ref=${box} onClick=${click}></div>`;
}

function Person() {
  const store = useContext(Builder);
  const { words, person, explained } = store;
  const [text, setText] = useState("");
  const find = useRef(async (search) => (search.trim() ? once(`${store.urls.people}?q=${encodeURIComponent(search)}`) : [])).current;
  if (!person) return html`<div class="ru-person"><h3>${words.try_one}</h3><p class="muted small">${words.try_one_text}</p>
    <${Combo} label=${words.find_person} text=${text} find=${find} fit=${false} tone="wide" placeholder=${words.find_person} type=${setText} take=${(row) => { setText(""); store.explain({ id: row.value, name: row.label, url: row.url }); }} /></div>`;
  return html`<div class="ru-person"><h3>${words.try_one}</h3><div class="row-flex"><a class="strong grow cut" href=${person.url} target="_blank" rel="noopener">${person.name}</a>
    ${explained ? html`<span class=${`tag ${explained.holds ? "good" : ""}`} data-verdict>${icon(explained.holds ? "check" : "x")}${explained.holds ? words.fits : words.fits_not}</span>` : null}
    <button type="button" class="btn btn-quiet btn-icon btn-sm" aria-label=${words.stop_explaining} onClick=${() => store.explain(null)}>${icon("x")}</button></div>
    <p class="muted small">${explained ? words.explained_text : words.loading}</p></div>`;
}
