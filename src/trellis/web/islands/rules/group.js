// A group: all, any or none of its parts, and the buttons that add to it.
import { Builder, html, icon, useContext, useEffect, useRef } from "./html.js";
import { Menu, Pick } from "./controls.js";
import { Leaf } from "./leaf.js";
import { GROUPS, MAX_DEPTH, kindOf, partsOf } from "./tree.js";

export function Group({ node, path }) {
  const store = useContext(Builder);
  const { known } = store;
  const { words } = known;
  const kind = kindOf(node);
  const parts = partsOf(node);
  const foot = useRef(null);
  const seen = store.explainedAt(path);
  const told = store.problemsAt(path, true);
  useEffect(() => {
    if (store.focus !== `${path}+`) return;
    store.focus = null;
    foot.current.querySelector("button").focus();
  });
  const add = () => store.choose(known, (chosen) => store.add(path, known.fresh(chosen)));
  const options = GROUPS.map((key) => [key, words[key]]);
  return html`<div class=${`ru-group ${seen ? (seen.holds ? "yes" : "no") : ""}`} data-mode=${kind} role="group" aria-label=${words[kind]}>
    <div class="ru-head"><span class="ru-word">${path.length ? "" : words.people_for_whom}</span>
      <${Pick} label=${words.group} options=${options} value=${kind} change=${(next) => store.setKind(path, next)} tone="ru-kind" />
      ${seen ? html`<span class=${`tag ${seen.holds ? "good" : "quiet"}`}>${icon(seen.holds ? "check" : "x")}${seen.holds ? words.holds : words.holds_not}</span>` : null}
      <span class="grow"></span>
      ${path.length ? html`<${GroupActs} path=${path} words=${words} />` : null}</div>
    ${parts.length ? html`<ol class="ru-parts">${parts.map((part, place) => html`<li key=${place}>
      <span class="ru-join" aria-hidden="true">${place ? words[`join_${kind}`] : ""}</span>
      ${kindOf(part) ? html`<${Group} node=${part} path=${[...path, place]} />` : html`<${Leaf} leaf=${part} path=${[...path, place]} scope=${known} />`}</li>`)}</ol>`
    : html`<p class="ru-none">${path.length ? words.empty_group : words.empty_rule}</p>`}
    ${told.map((problem) => html`<p class="ru-fault" role="alert">${icon("alert-circle")}${problem.message}</p>`)}
    <div class="ru-foot" ref=${foot}>
      <button type="button" class="btn btn-sm" data-add="condition" onClick=${add}>${icon("plus")}${words.add_condition}</button>
      ${path.length < MAX_DEPTH - 2 ? html`<button type="button" class="btn btn-sm btn-quiet" data-add="group" onClick=${() => store.add(path, { [kind === "any" ? "all" : "any"]: [] })}>${icon("git-branch")}${words.add_group}</button>` : null}
    </div></div>`;
}

function GroupActs({ path, words }) {
  const store = useContext(Builder);
  return html`<div class="ru-acts"><${Menu} label=${`${words.more}: ${words.add_group}`} entries=${[
      ["copy", words.duplicate, () => store.duplicate(path)],
      ["chevron-up", words.up, () => store.shift(path, -1)],
      ["chevron-down", words.down, () => store.shift(path, 1)],
      ["unlink", words.ungroup, () => store.unwrap(path)],
    ]} /><button type="button" class="btn btn-quiet btn-icon btn-sm" aria-label=${`${words.remove}: ${words.add_group}`} title=${words.remove} onClick=${() => store.remove(path)}>${icon("x")}</button></div>`;
}
