// The rule as a tree, changed without touching what was there before, so that undo is a list
// of trees. A path is a list of places: [2, 0] is the first part of the root's third part.
export const GROUPS = ["all", "any", "none"];
export const MAX_DEPTH = 8;

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
export const kindOf = (node) => (isObject(node) ? GROUPS.find((kind) => kind in node) : undefined);
export const partsOf = (node) => node[kindOf(node)];
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** The node at a path. */
export const at = (tree, path) => path.reduce((node, place) => partsOf(node)[place], tree);

/** `tree` with the node at `path` replaced by what `change` makes of it. */
export function update(tree, path, change) {
  if (!path.length) return change(tree);
  const [place, ...rest] = path;
  const kind = kindOf(tree);
  return { [kind]: tree[kind].map((part, number) => (number === place ? update(part, rest, change) : part)) };
}

const within = (tree, path, change) =>
  update(tree, path, (group) => ({ [kindOf(group)]: change([...partsOf(group)]) }));
const parted = (path) => [path.slice(0, -1), path.at(-1)];

/** With `node` put into the group at `path`, last where no place is given. */
export const insert = (tree, path, node, place) =>
  within(tree, path, (parts) => (parts.splice(place ?? parts.length, 0, node), parts));

export function remove(tree, path) {
  const [group, place] = parted(path);
  return within(tree, group, (parts) => (parts.splice(place, 1), parts));
}

export function duplicate(tree, path) {
  const [group, place] = parted(path);
  return insert(tree, group, structuredClone(at(tree, path)), place + 1);
}

/** One place up (-1) or down (1); past the end of a group it moves out, beside the group. */
export function move(tree, path, step) {
  const [group, place] = parted(path);
  const count = partsOf(at(tree, group)).length;
  const node = at(tree, path);
  const next = place + step;
  if (next >= 0 && next < count) {
    const moved = within(tree, group, (parts) => (parts.splice(place, 1), parts.splice(next, 0, node), parts));
    return [moved, [...group, next]];
  }
  if (!group.length) return [tree, path];
  const [outer, beside] = parted(group);
  const to = step < 0 ? beside : beside + 1;
  return [insert(remove(tree, path), outer, node, to), [...outer, to]];
}

export const wrap = (tree, path, kind) => update(tree, path, (node) => ({ [kind]: [node] }));

/** The parts of the group at `path`, in its place. */
export function unwrap(tree, path) {
  const [group, place] = parted(path);
  const parts = partsOf(at(tree, path));
  return within(tree, group, (all) => (all.splice(place, 1, ...parts), all));
}

export const setKind = (tree, path, kind) => update(tree, path, (node) => ({ [kind]: partsOf(node) }));

/** How the server names the place of a node: `all[2].any[0]`, "" for the root. */
export function address(tree, path) {
  const names = [];
  let node = tree;
  for (const place of path) {
    names.push(`${kindOf(node)}[${place}]`);
    node = partsOf(node)[place];
  }
  return names.join(".");
}

/** All leaves with their paths, left to right. */
export function* leaves(tree, path = []) {
  if (!kindOf(tree)) yield [tree, path];
  else for (const [place, part] of partsOf(tree).entries()) yield* leaves(part, [...path, place]);
}

/** What is wrong with the shape of a node, as [code, address]; null where nothing is. */
function misshapen(node, where, depth) {
  if (!isObject(node)) return ["not_object", where];
  if (depth > MAX_DEPTH) return ["too_deep", where];
  const kinds = GROUPS.filter((kind) => kind in node);
  if (kinds.length > 1) return ["one_group", where];
  if (!kinds.length) return null;
  const inside = where ? `${where}.${kinds[0]}` : kinds[0];
  if (!Array.isArray(node[kinds[0]])) return ["not_list", inside];
  for (const [place, part] of node[kinds[0]].entries()) {
    const found = misshapen(part, `${inside}[${place}]`, depth + 1);
    if (found) return found;
  }
  return null;
}

/** The tree of a JSON text: `{ tree }`, or `{ fault, where }` with a code of words, or the
 * place in the text where it stops being JSON. */
export function read(text) {
  let found;
  try {
    found = JSON.parse(text.trim() || "{}");
  } catch (error) {
    return { fault: "not_json", line: lineOf(text, error.message) };
  }
  if (isObject(found) && "version" in found) delete found.version;
  const shape = misshapen(found, "", 1);
  if (shape) return { fault: shape[0], where: shape[1] };
  if (kindOf(found)) return { tree: found };
  return { tree: { all: Object.keys(found).length ? [found] : [] } };
}

function lineOf(text, message) {
  const named = /line (\d+)/.exec(message);
  if (named) return Number(named[1]);
  const position = /position (\d+)/.exec(message);
  const end = position ? Number(position[1]) : text.length;
  return text.slice(0, end).split("\n").length;
}

/** The line (from 1) on which each place of a JSON text begins, by its address. */
export function lines(text) {
  const found = new Map([["", 1]]);
  let at = 0;
  let line = 1;
  const skip = () => {
    for (; at < text.length && /\s/.test(text[at]); at += 1) if (text[at] === "\n") line += 1;
  };
  const string = () => {
    const from = at;
    for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === "\\") at += 1;
    at += 1;
    return JSON.parse(text.slice(from, at));
  };
  const value = (where) => {
    skip();
    found.set(where, line);
    if (text[at] === '"') string();
    else if (text[at] === "{" || text[at] === "[") items(where, text[at] === "{");
    else while (at < text.length && !/[\s,\]}]/.test(text[at])) at += 1;
  };
  const items = (where, named) => {
    at += 1;
    for (let number = 0; ; number += 1) {
      skip();
      if (at >= text.length || text[at] === "}" || text[at] === "]") break;
      const key = named ? string() : null;
      skip();
      if (named) at += 1;
      value(named ? (where ? `${where}.${key}` : key) : `${where}[${number}]`);
      skip();
      if (text[at] === ",") at += 1;
    }
    at += 1;
  };
  try {
    value("");
  } catch {
    // What is no JSON has no places beyond here.
  }
  return found;
}

/** What was, and what was undone. */
export class History {
  constructor(tree) {
    this.now = tree;
    this.past = [];
    this.future = [];
    this.told = "";
  }

  /** Remember a step; steps with the same `mark` (typing in one box) become one. */
  push(tree, mark = "") {
    if (!mark || mark !== this.told) this.past.push(this.now);
    if (this.past.length > 200) this.past.shift();
    this.told = mark;
    this.future = [];
    this.now = tree;
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.now);
    this.now = this.past.pop();
    this.told = "";
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.now);
    this.now = this.future.pop();
    this.told = "";
    return true;
  }
}
