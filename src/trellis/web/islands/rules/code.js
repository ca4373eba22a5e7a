// The rule as JSON, to read, copy and paste, with every complaint at its line.
import { Builder, html, icon, useContext, useEffect, useMemo, useRef } from "./html.js";
import { lines } from "./tree.js";

export function Code() {
  const store = useContext(Builder);
  const { words, code } = store;
  const area = useRef(null);
  const gutter = useRef(null);
  const places = useMemo(() => lines(code), [code]);
  const faults = store.codeFault
    ? [{ line: store.codeFault.line ?? places.get(store.codeFault.where) ?? 1, message: words[store.codeFault.fault] }]
    : store.problems.map((problem) => ({ line: line(places, problem.path), message: `${problem.path ? `${problem.path}: ` : ""}${problem.message}` }));
  const bad = new Set(faults.map((fault) => fault.line));
  const count = code.split("\n").length;
  useEffect(() => {
    gutter.current.scrollTop = area.current.scrollTop;
  });
  const go = (row) => {
    const before = code.split("\n").slice(0, row - 1).join("\n").length + (row > 1 ? 1 : 0);
    area.current.focus();
    area.current.setSelectionRange(before, before + (code.split("\n")[row - 1] ?? "").length);
  };
  return html`<div class="ru-code"><div class="code-edit low"><div class="gutter" aria-hidden="true" ref=${gutter}>${Array.from({ length: count }, (_, at) => (bad.has(at + 1) ? html`<b class="bad">${`${at + 1}\n`}</b>` : html`<span>${`${at + 1}\n`}</span>`))}</div>
    <textarea ref=${area} data-rules-json spellcheck="false" autocapitalize="off" rows=${Math.min(24, Math.max(10, count + 1))} aria-label=${words.as_json} aria-invalid=${String(faults.length > 0)} value=${code}
      onScroll=${() => { gutter.current.scrollTop = area.current.scrollTop; }} onInput=${(event) => store.take(event.target.value)}></textarea></div>
    ${faults.length ? html`<ul class="faults" role="alert">${faults.map((fault) => html`<li><button type="button" onClick=${() => go(fault.line)}>${icon("alert-circle")} ${fault.line}: ${fault.message}</button></li>`)}</ul>` : html`<p class="muted small">${words.json_hint}</p>`}</div>`;
}

/** The line of an address; of what is around it where the place itself is not there. */
function line(places, path) {
  for (let where = path; where; where = where.replace(/(\.[^.[]*|\[\d+\])$/, "")) {
    if (places.has(where)) return places.get(where);
    if (!/[.[]/.test(where)) break;
  }
  return 1;
}
