// Days and stretches of time: fixed, relative to today, by the calendar.
import { html } from "./html.js";
import { Day, Num, Pick } from "./controls.js";

const form = (n) => ({ one: 0, few: 1 })[new Intl.PluralRules(document.documentElement.lang).select(n || 0)] ?? 2;
const unitsOf = (words, n) => Object.entries(words.units).map(([unit, forms]) => [unit, forms[form(n)]]);

/** A length of time: `{ n, unit }`. */
export function Span({ label, value, change, words }) {
  const span = value ?? { n: 7, unit: "day" };
  return html`<span class="ru-pair"><${Num} label=${label} whole min="1" value=${span.n} change=${(n) => change({ ...span, n: n ?? 0 })} />
    <${Pick} label=${words.unit} options=${unitsOf(words, span.n)} value=${span.unit} change=${(unit) => change({ ...span, unit })} /></span>`;
}

/** A day: "2026-11-23", "today", or `{ day, n, unit }` counted from a day of the calendar. */
export function Moment({ label, value, change, words, open = false }) {
  const relative = value === "today" ? { day: "today", n: 0, unit: "day" } : value && typeof value === "object" ? value : null;
  const fixed = [["fixed", words.a_date], ...(open ? [["", words.no_limit]] : [])];
  const options = words.anchors ? [...fixed, ...Object.entries(words.anchors)] : fixed;
  const mode = relative ? relative.day : open && value === undefined ? "" : "fixed";
  const turn = (next) => change(next === "fixed" ? new Date().toISOString().slice(0, 10) : next === "" ? undefined : plain({ day: next, n: relative?.n ?? 0, unit: relative?.unit ?? "day" }));
  const shift = relative ? Math.sign(relative.n) : 0;
  const moved = (n, unit) => change(plain({ ...relative, n, unit: unit ?? relative.unit }));
  return html`${options.length > 1 ? html`<${Pick} label=${label} options=${options} value=${mode} change=${turn} />` : null}
    ${mode === "fixed" ? html`<${Day} label=${label} value=${value ?? ""} change=${change} />` : null}
    ${relative ? html`<${Pick} label=${words.moved} tone=${shift ? "" : "ru-more"} options=${[["0", shift ? words.not_moved : words.move], ["-1", words.earlier], ["1", words.later]]} value=${String(shift)} change=${(sign) => moved(Number(sign) * (Math.abs(relative.n) || 1))} />` : null}
    ${shift ? html`<${Span} label=${words.length} words=${words} value=${{ n: Math.abs(relative.n), unit: relative.unit }} change=${({ n, unit }) => moved(shift * (n || 1), unit)} />` : null}`;
}

const plain = (moment) => (moment.day === "today" && moment.n === 0 ? "today" : moment);

export const Period = ({ label, value, change, words }) => html`<${Pick} label=${label} options=${Object.entries(words.periods)} value=${value} change=${change} />`;

/** From … to …, each of which may be open. */
export function Range({ value, change, words }) {
  const set = (name) => (day) => {
    const next = { ...value, [name]: day };
    if (day === undefined) delete next[name];
    change(next);
  };
  return html`<${Moment} label=${words.from} open words=${words} value=${value?.from} change=${set("from")} />
    <span class="ru-word">${words.until}</span><${Moment} label=${words.to} open words=${words} value=${value?.to} change=${set("to")} />`;
}

/** How a window is written: the last n days, from … to …, or by the calendar. */
export const windowMode = (value) => (value === undefined || value === null ? "" : typeof value === "string" || "during" in value ? "during" : "n" in value ? "span" : "range");

/** A window; `none` says in words that there need be none. */
export function Window({ label, value, change, words, none, spans = true }) {
  const mode = windowMode(value);
  const begin = { "": undefined, span: { n: 30, unit: "day" }, range: { from: new Date().toISOString().slice(0, 10) }, during: { during: "this_month" } };
  const options = [...(none ? [["", none]] : []), ...(spans ? [["span", words.within]] : []), ...(words.periods ? [["range", words.between_days], ["during", words.during]] : [])];
  return html`<${Pick} label=${label} options=${options} value=${mode} change=${(next) => change(begin[next])} />
    ${mode === "span" ? html`<${Span} label=${words.length} words=${words} value=${value} change=${change} />` : null}
    ${mode === "range" ? html`<${Range} words=${words} value=${value} change=${change} />` : null}
    ${mode === "during" ? html`<${Period} label=${words.period} words=${words} value=${value.during ?? value} change=${(during) => change({ during })} />` : null}`;
}
