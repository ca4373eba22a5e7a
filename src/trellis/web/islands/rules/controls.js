// The small controls a sentence is written with. Each is a native control dressed as a word,
// so that keyboard, screen readers and phones treat it as what it is.
import { html, icon, useEffect, useId, useRef, useState } from "./html.js";

/** A choice among words. `options` are [key, text] or { label, options } for a group. */
export function Pick({ label, value, options, change, tone = "", split = false }) {
  const flat = options.flatMap((option) => (Array.isArray(option) ? [option] : option.options));
  const chosen = flat.find(([key]) => key === String(value ?? ""));
  const text = chosen?.[1] ?? String(value ?? "");
  const item = ([key, words]) => html`<option value=${key} selected=${key === String(value ?? "")}>${words}</option>`;
  return html`<span class=${`ru-tok ${tone}`}>
    <span class="ru-face" aria-hidden="true">${split ? text.split("…")[0].trim() || text : text}</span>
    <select aria-label=${label} value=${String(value ?? "")} onChange=${(event) => change(event.target.value)}>
      ${chosen ? null : html`<option value=${String(value ?? "")} selected>${text}</option>`}
      ${options.map((option) => (Array.isArray(option) ? item(option) : html`<optgroup label=${option.label}>${option.options.map(item)}</optgroup>`))}
    </select></span>`;
}

/** A number. Empty gives undefined. */
export function Num({ label, value, change, whole = false, min, wide = false }) {
  const text = value === undefined || value === null ? "" : String(value);
  const read = (event) => {
    const found = event.target.value === "" ? undefined : Number(event.target.value);
    change(Number.isNaN(found) ? undefined : found);
  };
  return html`<input class="ru-in num" type="number" inputmode=${whole ? "numeric" : "decimal"} step=${whole ? 1 : "any"} min=${min}
    style=${{ width: `${Math.max(wide ? 5 : 2, text.length) + 2.6}ch` }} aria-label=${label} value=${text} placeholder="0" onInput=${read} />`;
}

export function Day({ label, value, change }) {
  return html`<input class="ru-in" type="date" aria-label=${label} value=${value ?? ""} onInput=${(event) => change(event.target.value || undefined)} />`;
}

export function Text({ label, value, change, placeholder, mono = false }) {
  const length = Math.max(8, String(value ?? "").length + 1, (placeholder ?? "").length);
  return html`<input class=${`ru-in ${mono ? "t-mono" : ""}`} type="text" spellcheck="false" autocomplete="off" aria-label=${label} placeholder=${placeholder}
    style=${{ width: `${Math.min(34, length) + 2}ch` }} value=${value ?? ""} onInput=${(event) => change(event.target.value || undefined)} />`;
}

const fold = (text) => String(text).normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Suggestions for what is typed: fetched a moment after the last key, the newest wins. Until
 * they come, those of the earlier keys that still fit stay. */
function useOffers(find, search, open) {
  const [{ rows, told }, setOffers] = useState({ rows: [], told: "" });
  useEffect(() => {
    if (!open || !find) return undefined;
    let stale = false;
    const timer = setTimeout(async () => {
      const found = await find(search).catch(() => []);
      if (!stale) setOffers({ rows: found, told: search });
    }, search ? 180 : 0);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [find, search, open]);
  return told === search ? rows : rows.filter((row) => fold(row.label ?? row.value).includes(fold(search)));
}

/** A text box that offers real values: a combobox with a list. `take(row)` gets the offer
 * chosen; `type(text)` every key typed. */
export function Combo({ label, text, find, take, type, placeholder, taken = [], words, enter, back, fit = true, tone = "" }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [marked, setMarked] = useState(null);
  const box = useRef(null);
  const offers = useOffers(find, text, open).filter((row) => !taken.includes(row.value));
  const at = offers.findIndex((row) => row.value === marked);
  const setAt = (number) => setMarked(offers[number]?.value ?? null);
  const shown = open && offers.length > 0;
  const choose = (row) => {
    take(row);
    setOpen(false);
    setAt(-1);
  };
  const key = (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((at + step + offers.length + (at < 0 && step < 0 ? 1 : 0)) % Math.max(1, offers.length));
    } else if (event.key === "Enter" && (shown && at >= 0 || enter)) {
      event.preventDefault();
      if (shown && at >= 0) choose(offers[at]);
      else enter(text, offers);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    } else if (event.key === "Backspace" && text === "" && back) back();
  };
  useEffect(() => {
    box.current?.querySelector(".at")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const width = Math.min(34, Math.max(8, text.length + 1, text ? 0 : (placeholder ?? "").length));
  return html`<span class=${`ru-combo ${tone}`} ref=${box} onFocusOut=${(event) => { if (!box.current.contains(event.relatedTarget)) { setOpen(false); setAt(-1); } }}>
    <input class="ru-in" type="text" role="combobox" autocomplete="off" spellcheck="false" aria-label=${label} aria-expanded=${String(shown)} aria-controls=${id} aria-autocomplete="list"
      aria-activedescendant=${shown && at >= 0 ? `${id}-${at}` : null} placeholder=${placeholder} value=${text} style=${fit ? { width: `${width + 2.5}ch` } : null}
      onFocus=${() => setOpen(true)} onClick=${() => setOpen(true)} onKeyDown=${key} onInput=${(event) => { type(event.target.value); setOpen(true); setAt(-1); }} />
    <ul class="ru-offers" id=${id} role="listbox" aria-label=${label} hidden=${!shown}>${offers.map((row, number) => html`
      <li key=${row.value} id=${`${id}-${number}`} role="option" aria-selected=${String(number === at)} class=${number === at ? "at" : ""}
        onMouseDown=${(event) => event.preventDefault()} onClick=${() => choose(row)}>
        <span class="grow">${row.label ?? String(row.value)}</span>${row.note ? html`<span class="muted">${row.note}</span>` : null}</li>`)}
    </ul></span>`;
}

/** One text value with suggestions. */
export function One({ label, value, change, find, placeholder }) {
  return html`<${Combo} label=${label} text=${value ?? ""} find=${find} placeholder=${placeholder} type=${(text) => change(text || undefined)} take=${(row) => change(row.value)} />`;
}

/** Many values as chips with a box to add one. `read` makes a value of what is typed, or
 * undefined; `name` gives the label of a value. */
export function Many({ label, values, change, find, read, name, words, placeholder }) {
  const [text, setText] = useState("");
  const add = (value) => {
    if (value !== undefined && !values.includes(value)) change([...values, value]);
    setText("");
  };
  const enter = (typed, offers) => {
    const wanted = typed.trim().toLowerCase();
    const known = offers.find((row) => String(row.label ?? row.value).toLowerCase() === wanted) ?? (read ? undefined : offers[0]);
    if (wanted) add(known ? known.value : read?.(typed.trim()));
  };
  const type = (typed) => {
    const parts = read ? typed.split(/[,;，；、\n\t]/) : [typed];
    if (parts.length < 2) return setText(typed);
    const found = parts.map((part) => part.trim()).filter(Boolean).map(read).filter((value) => value !== undefined);
    change([...new Set([...values, ...found])]);
    return setText("");
  };
  const drop = (value) => change(values.filter((other) => other !== value));
  return html`<span class="ru-many">${values.map((value) => html`<span class="ru-chip" key=${value}>${name ? name(value) : String(value)}
      <button type="button" aria-label=${`${words.remove}: ${name ? name(value) : value}`} onClick=${() => drop(value)}>${icon("x")}</button></span>`)}
    <span class="ru-lone" onFocusOut=${() => read && text.trim() && add(read(text.trim()))}>
    <${Combo} label=${label} text=${text} find=${find} taken=${values} placeholder=${placeholder} type=${type} take=${(row) => add(row.value)} enter=${enter} back=${() => values.length && drop(values.at(-1))} /></span></span>`;
}

/** The menu of a row: [icon, text, act] entries. */
export function Menu({ label, entries }) {
  const box = useRef(null);
  const act = (entry) => () => {
    box.current.open = false;
    entry[2]();
  };
  return html`<details class="menu ru-menu" ref=${box}><summary class="btn btn-quiet btn-icon btn-sm" aria-label=${label}>${icon("dots")}</summary>
    <div class="pop">${entries.filter(Boolean).map((entry) => html`<button type="button" class=${`entry ${entry[3] ?? ""}`} onClick=${act(entry)}>${icon(entry[0])}${entry[1]}</button>`)}</div></details>`;
}
