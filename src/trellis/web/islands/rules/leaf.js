// One condition, written as a sentence: what is read, how it is compared, with what, when.
import { Builder, fill, html, icon, useContext, useEffect, useMemo, useRef, useState } from "./html.js";
import { Many, Menu, Pick, Text } from "./controls.js";
import { Choices, Value } from "./editors.js";
import { Span, Window } from "./dates.js";
import { kindOf, partsOf } from "./tree.js";

/** The rest of a label after its “…”: “at least … times” gives “times”. */
const rest = (label) => label.split("…").slice(1).join(" ").trim();

export function Leaf({ leaf, path, scope, inner = false }) {
  const store = useContext(Builder);
  const { words } = scope;
  const row = useRef(null);
  const field = scope.field(leaf);
  const operator = field && scope.operator(leaf);
  const { kept, read, find } = useRead(leaf, scope, field, operator);
  const lack = scope.lack(leaf);
  const told = inner ? [] : store.problemsAt(path);
  const seen = inner ? null : store.explainedAt(path);
  const set = (change, mark = "") => store.change(path, change, mark && `${path}:${mark}`);
  const assign = (name) => (value) => set((old) => ({ ...old, [name]: value }), name);
  const optional = (name) => (value) => set(({ [name]: before, ...others }) => (value === undefined ? others : { ...others, [name]: value }), name);

  useEffect(() => {
    if (store.focus !== String(path)) return;
    store.focus = null;
    const boxes = [...row.current.querySelectorAll("select, input")];
    (boxes.find((box) => box.matches("input")) ?? boxes[0] ?? row.current.querySelector("button")).focus();
  });

  const bad = store.touched && lack ? [words[lack]] : [];
  if (lack.startsWith("gone")) bad.splice(0, 1, fill(words[lack], { name: leaf.field ?? "", values: goneValues(leaf, field) }));
  if (!lack) bad.push(...told.map((problem) => problem.message));
  const label = operator ? scope.comparison(operator, leaf) : "";
  const name = `${scope.label(leaf)} ${label}`.trim();
  const key = (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key) || event.target.matches("select")) return;
    event.preventDefault();
    store.shift(path, event.key === "ArrowUp" ? -1 : 1);
  };
  return html`<div class=${`ru-leaf ${bad.length ? "bad" : ""} ${seen ? (seen.holds ? "yes" : "no") : ""}`} role="group" aria-label=${name || words.condition} ref=${row} onKeyDown=${key}>
    <div class="ru-line"><div class="ru-words">
      <${Subject} leaf=${leaf} path=${path} scope=${scope} field=${field} />
      ${kept ? html`<${Kept} leaf=${leaf} kept=${kept} set=${set} scope=${scope} />` : null}
      ${operator || (field && scope.fitting(leaf).length) ? html`<${Comparison} leaf=${leaf} path=${path} scope=${scope} operator=${operator} />` : null}
      ${operator ? html`<${Value} operator=${operator} field=${read} value=${leaf.value} label=${`${name}: ${words.value}`} words=${words} find=${find} change=${assign("value")} />` : null}
      ${label && rest(label) ? html`<span class="ru-word">${rest(label)}</span>` : null}
      ${operator?.paired ? html`<${Pick} label=${words.other_signal} options=${scope.signals().map((other) => [other.key.slice(7), other.label])} value=${leaf.by} change=${assign("by")} />` : null}
      ${operator?.paired ? html`<${Same} leaf=${leaf} scope=${scope} change=${optional("same")} />` : null}
      ${field?.narrows?.map((narrow) => html`<${Narrow} narrow=${narrow} leaf=${leaf} set=${set} words=${words} />`)}
      ${operator?.windowed ? html`<${Window} label=${words.window} none=${words.ever} value=${leaf.within} words=${words} change=${optional("within")} />` : null}
      ${field?.options?.includes("channel") ? html`<${Pick} label=${words.channel} options=${[["", words.any_channel], ...scope.channels]} value=${leaf.channel ?? ""} change=${(value) => optional("channel")(value || undefined)} />` : null}
      ${operator?.lasting?.includes(field.lasts) ? html`<${Lasting} leaf=${leaf} change=${optional("for")} words=${words} />` : null}
      ${field?.options?.includes("salt") ? html`<${Text} label=${words.salt} value=${leaf.salt} placeholder=${words.salt} change=${optional("salt")} />` : null}
      ${leaf.zone === "contact" ? html`<span class="ru-word small">${words.in_zone}</span>` : null}
      ${operator?.ordered || operator?.renounced ? html`<${Order} leaf=${leaf} set=${set} scope=${scope} only=${operator.ordered ? null : "not_since"} />` : null}
      ${seen ? html`<span class=${`tag ${seen.holds ? "good" : "quiet"}`}>${icon(seen.holds ? "check" : "x")}${seen.holds ? words.holds : words.holds_not}</span>` : null}
    </div><${Acts} path=${path} leaf=${leaf} field=${field} name=${name} inner=${inner} /></div>
    ${leaf.event ? html`<${Filter} leaf=${leaf} path=${path} scope=${scope} />` : null}
    ${bad.map((message) => html`<p class="ru-fault" role="alert">${icon("alert-circle")}${message}</p>`)}
    ${seen ? html`<p class="ru-seen">${seen.words}${seen.remedy ? html` <span class="ru-remedy">${seen.remedy}</span>` : null}</p>` : null}
  </div>`;
}

/** What a value is compared with, and where real values come from: the field itself, or the
 * property that behaviour keeps (`kept`). */
function useRead(leaf, scope, field, operator) {
  const kept = scope.kept(leaf, operator);
  const inside = kept && scope.properties(kept);
  const [, ready] = useState(0);
  useEffect(() => {
    inside?.load().then(() => ready((n) => n + 1));
  }, [inside]);
  const read = inside ? inside.property(kept.value_prop, leaf.value) : field;
  const find = useMemo(() => read && ((search) => (inside ?? scope).values(read, search)), [read?.key, inside, scope]);
  return { kept, read, find };
}

/** “of total”: the property that is looked at; a signal has but one. */
function Kept({ leaf, kept, set, scope }) {
  const { words } = scope;
  if (!leaf.event) return html`<span class="ru-word">(${kept.value_prop})</span>`;
  const seen = scope.properties(kept).list.map((field) => [field.label, field.label]);
  const change = (prop) => set((old) => ({ ...old, event: { ...old.event, value_prop: prop } }));
  return html`<${Pick} label=${words.property} options=${[...(kept.value_prop ? [] : [["", words.property]]), ...seen]} value=${kept.value_prop ?? ""} change=${change} tone=${kept.value_prop ? "" : "gone"} />`;
}

function goneValues(leaf, field) {
  const known = new Set((field?.choices ?? []).map((choice) => choice.key));
  return [leaf.value].flat().filter((value) => !known.has(value)).join(", ");
}

function Subject({ leaf, path, scope, field }) {
  const store = useContext(Builder);
  const { words } = scope;
  const again = () => store.choose(scope, (chosen) => store.change(path, (old) => keep(scope, old, chosen)));
  return html`<button type="button" class=${`ru-tok ru-field ${field ? "" : "gone"}`} aria-label=${`${words.field}: ${scope.label(leaf) || words.choose}`} onClick=${again}>
    ${leaf.event || field?.type === "signal" ? icon("bolt") : null}${scope.label(leaf) || words.choose}</button>`;
}

/** A condition on another field, which keeps comparison and value where they fit. */
function keep(scope, old, chosen) {
  const fresh = scope.fresh(chosen);
  const operator = scope.operators.get(old.op);
  const type = chosen.event ? "signal" : chosen.type;
  if (!operator?.types.includes(type) || chosen.choices) return fresh;
  const { field, event, ...others } = old;
  return chosen.event ? { event: fresh.event, ...others } : { field: fresh.field, ...others };
}

function Comparison({ leaf, path, scope, operator }) {
  const store = useContext(Builder);
  const options = scope.fitting(leaf).map((row) => [row.key, scope.comparison(row, leaf)]);
  const change = (key) => {
    store.focus = String(path);
    store.change(path, (old) => scope.refit(old, scope.operators.get(key), operator));
  };
  return html`<${Pick} label=${scope.words.operator} options=${options} value=${operator ? leaf.op : ""} change=${change} split tone=${operator ? "ru-op" : "ru-op gone"} />`;
}

/** “of the template Welcome”: which of a behaviour. */
function Narrow({ narrow, leaf, set, words }) {
  const values = leaf.of?.[narrow.key];
  const put = (next) => set(({ of = {}, ...old }) => {
    const { [narrow.key]: before, ...others } = of;
    const all = next ? { ...others, [narrow.key]: next } : others;
    return Object.keys(all).length ? { ...old, of: all } : old;
  });
  if (!values) return html`<button type="button" class="ru-tok ru-more" onClick=${() => put([])}>${icon("plus")}${narrow.label}</button>`;
  const many = { label: narrow.label, words, change: (next) => put(next) };
  return html`<span class="ru-word">${narrow.label}</span>
    ${narrow.choices ? html`<${Choices} many ...${many} value=${values} options=${narrow.choices} />` : html`<${Many} ...${many} values=${values} read=${(text) => text} placeholder=${words.value_hint} />`}
    <button type="button" class="btn btn-quiet btn-icon btn-sm" aria-label=${`${words.remove}: ${narrow.label}`} onClick=${() => put(null)}>${icon("x")}</button>`;
}

/** “with the same product”: a property whose value both must have. */
function Same({ leaf, scope, change }) {
  const { words } = scope;
  const event = leaf.event ?? scope.field(leaf)?.counts;
  const inside = event && scope.properties(event);
  const [, ready] = useState(0);
  useEffect(() => {
    inside?.load().then(() => ready((n) => n + 1));
  }, [inside]);
  const seen = new Set([...(leaf.same ? [leaf.same] : []), ...(inside?.list ?? []).map((field) => field.label)]);
  if (!seen.size) return null;
  const options = [["", leaf.same ? words.no_same : words.add_same], ...[...seen].map((name) => [name, fill(words.same_of, { name })])];
  return html`<${Pick} label=${words.same} tone=${leaf.same ? "" : "ru-more"} options=${options} value=${leaf.same ?? ""} change=${(name) => change(name || undefined)} />`;
}

/** “for at least 3 days”: since when it has been so. */
function Lasting({ leaf, change, words }) {
  const held = leaf.for;
  return html`<${Pick} label=${words.lasting} tone=${held ? "" : "ru-more"} options=${[["", held ? words.now : words.add_lasting], ["for", words.for_at_least]]} value=${held ? "for" : ""} change=${(mode) => change(mode ? { n: 3, unit: "day" } : undefined)} />
    ${held ? html`<${Span} label=${words.length} words=${words} value=${held} change=${change} />` : null}`;
}

/** “and not since then …”, “after …”: a second behaviour. */
function Order({ leaf, set, scope, only }) {
  const { words } = scope;
  const signals = scope.signals().map((field) => [field.key.slice(7), field.label]);
  const modes = ["not_since", "after"].filter((mode) => words[mode] && (!only || mode === only));
  const mode = modes.find((name) => leaf[name] !== undefined) ?? "";
  if (!signals.length && !mode) return null;
  const turn = (next) => set((old) => {
    const other = { ...old };
    for (const name of modes) delete other[name];
    return next ? { ...other, [next]: old[mode] ?? signals[0][0] } : other;
  });
  return html`<${Pick} label=${words.order} tone=${mode ? "" : "ru-more"} options=${[["", mode ? words.no_order : words.add_order], ...modes.map((name) => [name, words[name]])]} value=${mode} change=${turn} />
    ${mode ? html`<${Pick} label=${words.other_signal} options=${signals} value=${leaf[mode]} change=${(key) => set((old) => ({ ...old, [mode]: key }))} />` : null}`;
}

function Acts({ path, leaf, field, name, inner }) {
  const store = useContext(Builder);
  const { words } = store.known;
  const more = inner ? [] : [
    ["copy", words.duplicate, () => store.duplicate(path)],
    ["chevron-up", words.up, () => store.shift(path, -1)],
    ["chevron-down", words.down, () => store.shift(path, 1)],
    ["git-branch", words.into_group, () => store.wrap(path, "any")],
    ["circle-x", words.negate, () => store.wrap(path, "none")],
    field?.options?.includes("zone") && ["world", leaf.zone ? words.our_zone : words.contact_zone, () => store.change(path, ({ zone, ...old }) => (zone ? old : { ...old, zone: "contact" }))],
  ];
  return html`<div class="ru-acts">${more.length ? html`<${Menu} label=${`${words.more}: ${name}`} entries=${more} />` : null}
    <button type="button" class="btn btn-quiet btn-icon btn-sm" aria-label=${`${words.remove}: ${name}`} title=${words.remove} onClick=${() => store.remove(path)}>${icon("x")}</button></div>`;
}

/** What the event's properties must be: “where path starts with /prices”. */
function Filter({ leaf, path, scope }) {
  const store = useContext(Builder);
  const { words } = scope;
  const inside = scope.properties(leaf.event);
  const [, ready] = useState(0);
  useEffect(() => {
    inside.load().then(() => ready((n) => n + 1));
  }, [inside]);
  const tree = leaf.event.filter;
  const kind = tree && (kindOf(tree) ?? "all");
  const parts = tree ? (kindOf(tree) ? partsOf(tree) : [tree]) : [];
  const set = (next, mark) => store.change(path, (old) => {
    const event = { ...old.event };
    if (next.length) event.filter = { [kind ?? "all"]: next };
    else delete event.filter;
    return { ...old, event };
  }, mark);
  const add = () => store.choose(inside, (chosen) => set([...parts, inside.fresh(chosen)]));
  const nested = parts.some((part) => kindOf(part));
  if (nested) return html`<p class="ru-where"><span class="ru-word">${words.where}</span> <code>${JSON.stringify(tree)}</code></p>`;
  const inner = {
    ...innerStore(store, parts, set),
    known: scope,
  };
  return html`<${Builder.Provider} value=${inner}><div class="ru-where">
    ${parts.map((part, place) => html`<div class="ru-prop" key=${place}><span class="ru-word">${place === 0 ? words.where : words[`join_${kind}`]}</span><${Leaf} leaf=${part} path=${[place]} scope=${inside} inner /></div>`)}
    <button type="button" class="btn btn-sm btn-quiet" onClick=${add}>${icon("plus")}${parts.length ? words.add_property : words.add_where}</button>
  </div></${Builder.Provider}>`;
}

/** The store as the conditions of a filter see it. */
function innerStore(store, parts, set) {
  return {
    choose: (...given) => store.choose(...given),
    touched: store.touched,
    focus: null,
    change: ([place], change, mark) => set(parts.map((part, number) => (number === place ? change(part) : part)), mark && `filter:${mark}`),
    remove: ([place]) => set(parts.filter((_, number) => number !== place)),
    shift: () => {},
  };
}
