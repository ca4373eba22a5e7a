// The rule builder: a rule written as a sentence. What fields, operators and events there are
// comes from the server, and so does the count, the explanation and every complaint about the
// meaning of a rule. The pieces are in the folder rules/.
import { Builder, html, icon, render, useEffect, useState } from "./rules/html.js";
import { Chooser } from "./rules/chooser.js";
import { Code } from "./rules/code.js";
import { Group } from "./rules/group.js";
import { Known, once } from "./rules/known.js";
import { Live } from "./rules/live.js";
import { Store } from "./rules/store.js";
import { say } from "./shell.js";

function App({ store }) {
  const [, draw] = useState(0);
  const { words } = store;
  useEffect(() => {
    const again = () => {
      store.place.value = store.text;
      draw((n) => n + 1);
    };
    store.listeners.add(again);
    return () => store.listeners.delete(again);
  }, []);
  const copy = async () => {
    await navigator.clipboard?.writeText(JSON.stringify(store.rule, null, 2));
    say(words.copied);
  };
  const tab = (mode, symbol, text) => html`<button type="button" aria-pressed=${String(store.mode === mode)} disabled=${mode === "words" && !!store.codeFault} onClick=${() => store.show(mode)}>${icon(symbol)}${text}</button>`;
  const act = (symbol, text, click, off) => html`<button type="button" class="btn btn-quiet btn-icon btn-sm" aria-label=${text} title=${text} disabled=${off} onClick=${click}>${icon(symbol)}</button>`;
  return html`<${Builder.Provider} value=${store}><div class=${`ru ${store.urls.preview ? "" : "alone"}`}>
    <div class="ru-bar" role="toolbar" aria-label=${words.tools}><span class="ru-modes">${tab("words", "list-check", words.as_words)}${tab("code", "code", "JSON")}</span><span class="grow"></span>
      ${act("arrow-back-up", words.undo, () => store.undo(), !store.history.past.length)}${act("arrow-forward-up", words.redo, () => store.redo(), !store.history.future.length)}${act("copy", words.copy, copy)}</div>
    <div class="ru-cols"><div class="ru-tree">${store.mode === "code" ? html`<${Code} />` : html`<${Group} node=${store.rule} path=${[]} />`}</div>
      ${store.urls.preview ? html`<${Live} />` : null}</div>
    <p class="sr" role="status">${store.said}</p>
    ${store.chooser ? html`<${Chooser} ...${store.chooser} close=${() => { store.chooser = null; store.tell(); }} />` : null}
  </div></${Builder.Provider}>`;
}

/** Keys and the clipboard, wherever in the builder the reader is. */
function listen(root, store) {
  const typing = (node) => node.matches("textarea, input:not([type=date], [type=number])");
  root.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
    const letter = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || typing(event.target)) return;
    if (letter === "z" || letter === "y") {
      event.preventDefault();
      if (letter === "y" || event.shiftKey) store.redo();
      else store.undo();
    }
  });
  root.addEventListener("paste", (event) => {
    if (event.target.matches("input, textarea")) return;
    const text = event.clipboardData.getData("text/plain").trim();
    if (!text.startsWith("{")) return;
    event.preventDefault();
    if (!store.take(text)) store.show("code");
  });
}

/** Ask before what was built is lost, and mark what is missing when it is sent. */
function guard(root, store) {
  const form = root.closest("form");
  let sent = false;
  form?.addEventListener("submit", (event) => {
    if (store.codeFault || store.open()) {
      const hidden = root.closest("[hidden]");
      if (!hidden) {
        event.preventDefault();
        event.stopImmediatePropagation();
        store.touched = true;
        store.tell();
        requestAnimationFrame(() => root.querySelector(".ru-leaf.bad, [data-rules-json]")?.scrollIntoView({ block: "center" }));
        say(store.words.complete_first, "error");
        return;
      }
    }
    sent = true;
  }, true);
  if (form?.method !== "post") return;
  addEventListener("beforeunload", (event) => {
    if (!sent && root.isConnected && store.changed) event.preventDefault();
  });
}

export async function start(root) {
  const { fields, preview, explain, values, people, level, eventName, eventType } = root.dataset;
  const urls = { preview, explain, values, people };
  let known = new Known(await once(fields), urls);
  if (level) known.level = Number(level);
  if (eventName) known = known.properties({ type: eventType, name: eventName });
  if (eventName) await known.load();
  const place = root.querySelector("[name=rule]");
  const store = new Store(known, urls, place.value, place);
  root.querySelector("[data-rules-wait]")?.remove();
  render(html`<${App} store=${store} />`, root.querySelector("[data-rules-here]"));
  listen(root, store);
  guard(root, store);
  root.store = store;
  if (!store.codeFault) store.ask();
}
