// The dialog in which a field is chosen: search, groups, what each field means, and how many
// people have it. Works from the keyboard: type, arrows, Enter.
import { fill, html, icon, useEffect, useMemo, useRef, useState } from "./html.js";

const TYPES = { text: "forms", number: "gauge", boolean: "toggle-right", date: "calendar", list: "list-check", choice: "tag", segment: "filter", consent: "shield-check", signal: "bolt", any: "tag" };
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** All that can be chosen in a scope: fields, and events that no signal names. */
function entries(scope) {
  const fields = scope.list.filter((field) => scope.level === null || field.level < scope.level);
  const named = fields.map((field) => ({ ...field, id: field.key, search: fold(`${field.label} ${field.key} ${field.group} ${field.description ?? ""}`) }));
  const events = scope.events.map((event) => ({ ...event, event: true, id: `${event.type}|${event.name}`, group: scope.words.events, search: fold(`${event.label} ${event.name} ${event.description ?? ""}`) }));
  return [...named, ...events];
}

export function Chooser({ scope, take, close }) {
  const { words } = scope;
  const [search, setSearch] = useState("");
  const [group, setGroup] = useState("");
  const [at, setAt] = useState(0);
  const [loaded, setLoaded] = useState(!scope.load);
  const dialog = useRef(null);
  const list = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
    dialog.current.querySelector("input").focus();
    scope.load?.().then(() => setLoaded(true));
  }, []);
  const all = useMemo(() => entries(scope), [scope, loaded]);
  const groups = [...new Set(all.map((entry) => entry.group))].filter(Boolean);
  const wanted = fold(search).split(/\s+/).filter(Boolean);
  const shown = all.filter((entry) => (!group || entry.group === group || search) && wanted.every((word) => entry.search.includes(word)));
  useEffect(() => {
    list.current?.querySelector(".at")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const pick = (entry) => {
    dialog.current.close();
    take(entry);
  };
  const own = scope.load && search.trim() && !all.some((entry) => entry.label === search.trim()) ? { key: `prop.${search.trim()}`, label: search.trim(), type: "text" } : null;
  const key = (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(shown.length - 1, at + step)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (shown[at]) pick(shown[at]);
      else if (own) pick(own);
    }
  };
  let heading = "";
  return html`<dialog class="sheet wide ru-chooser" ref=${dialog} aria-label=${words.choose_what} onClose=${close} onClick=${(event) => event.target === dialog.current && dialog.current.close()}>
    <div class="ru-search">${icon("search")}<input type="text" role="combobox" aria-expanded="true" aria-controls="ru-fields" aria-autocomplete="list" autocomplete="off" spellcheck="false"
        aria-activedescendant=${shown[at] ? `ru-f-${at}` : null} aria-label=${words.choose_what} placeholder=${words.search_fields} value=${search} onKeyDown=${key} onInput=${(event) => { setSearch(event.target.value); setAt(0); }} />
      <button type="button" class="btn btn-quiet btn-icon btn-sm" aria-label=${words.close} onClick=${() => dialog.current.close()}>${icon("x")}</button></div>
    <div class="ru-choices">
      ${groups.length > 1 ? html`<div class="ru-groups" role="group" aria-label=${words.groups}>${["", ...groups].map((name) => html`<button type="button" aria-pressed=${String(name === group)} onClick=${() => { setGroup(name); setSearch(""); setAt(0); dialog.current.querySelector("input").focus(); }}>${name || words.everything}</button>`)}</div>` : null}
      <ul class="ru-fields" id="ru-fields" role="listbox" aria-label=${words.choose_what} ref=${list}>
        ${shown.map((entry, number) => {
          const first = entry.group !== heading && groups.length > 1;
          heading = entry.group;
          return html`${first ? html`<li class="ru-heading" role="presentation" key=${`h-${entry.group}`}>${entry.group}</li>` : null}
          <li key=${entry.id} id=${`ru-f-${number}`} role="option" aria-selected=${String(number === at)} class=${number === at ? "at" : ""} onMouseMove=${() => number !== at && setAt(number)} onClick=${() => pick(entry)}>
            <span class="ru-glyph">${icon(entry.event ? "bolt" : (TYPES[entry.type] ?? "tag"))}</span>
            <span class="grow"><b>${entry.label}</b>${entry.description ? html`<span class="muted small">${entry.description}</span>` : null}</span>
            ${entry.note ? html`<span class="muted small nowrap">${entry.note}</span>` : null}</li>`;
        })}
        ${own ? html`<li role="option" id="ru-f-own" class=${shown.length ? "" : "at"} aria-selected=${String(!shown.length)} onClick=${() => pick(own)}><span class="ru-glyph">${icon("plus")}</span><span class="grow"><b>${fill(words.own_property, { name: own.label })}</b></span></li>` : null}
        ${shown.length || own ? null : html`<li class="ru-nothing" role="presentation">${loaded ? words.nothing_found : words.loading}</li>`}
      </ul></div></dialog>`;
}
