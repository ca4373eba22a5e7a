// What the builder holds: the rule with its history, what the server says of it, and the one
// dialog. Components read it and call it; it draws them again after each change.
import * as tree from "./tree.js";

const PAUSE = 250;

export class Store {
  constructor(known, urls, text, place) {
    Object.assign(this, { known, urls, place });
    this.first = text;
    this.mode = "words";
    this.problems = [];
    this.found = "";
    this.busy = false;
    this.touched = false;
    this.person = null;
    this.explained = null;
    this.chooser = null;
    this.focus = null;
    this.said = "";
    this.listeners = new Set();
    const read = tree.read(text);
    this.history = new tree.History(read.tree ?? { all: [] });
    if (!read.tree) Object.assign(this, { mode: "code", code: text, codeFault: read });
  }

  get rule() {
    return this.history.now;
  }

  get words() {
    return this.known.words;
  }

  /** The rule as the form posts it. */
  get text() {
    return this.codeFault ? this.code : JSON.stringify(this.rule);
  }

  get changed() {
    const first = tree.read(this.first);
    return this.codeFault ? this.code !== this.first : !tree.same(first.tree, this.rule);
  }

  tell() {
    for (const listener of this.listeners) listener();
  }

  // ---- changes

  put(next, mark = "") {
    this.history.push(next, mark);
    this.settle();
  }

  settle() {
    this.problems = [];
    this.explained = null;
    this.tell();
    this.ask();
  }

  change(path, change, mark) {
    this.put(tree.update(this.rule, path, change), mark);
  }

  add(path, node) {
    const place = tree.partsOf(tree.at(this.rule, path)).length;
    const inside = [...path, place];
    this.focus = tree.kindOf(node) ? `${inside}+` : String(inside);
    this.put(tree.insert(this.rule, path, node));
  }

  remove(path) {
    const place = path.at(-1);
    this.focus = place > 0 ? String([...path.slice(0, -1), place - 1]) : `${path.slice(0, -1)}+`;
    this.say(this.words.removed);
    this.put(tree.remove(this.rule, path));
  }

  duplicate(path) {
    this.focus = String([...path.slice(0, -1), path.at(-1) + 1]);
    this.put(tree.duplicate(this.rule, path));
  }

  shift(path, step) {
    const [next, to] = tree.move(this.rule, path, step);
    this.focus = String(to);
    if (next !== this.rule) this.put(next);
  }

  wrap(path, kind) {
    this.focus = `${path}+`;
    this.put(tree.wrap(this.rule, path, kind));
  }

  unwrap(path) {
    this.put(tree.unwrap(this.rule, path));
  }

  setKind(path, kind) {
    this.put(tree.setKind(this.rule, path, kind));
  }

  undo() {
    if (this.history.undo()) this.settle();
  }

  redo() {
    if (this.history.redo()) this.settle();
  }

  /** A rule as text, typed or pasted: taken over when it can be read. */
  take(text) {
    this.code = text;
    const read = tree.read(text);
    this.codeFault = read.tree ? null : read;
    if (read.tree && !tree.same(read.tree, this.rule)) this.put(read.tree, "code");
    else this.tell();
    return !this.codeFault;
  }

  show(mode) {
    if (mode === "code" && !this.codeFault) this.code = JSON.stringify(this.rule, null, 2);
    this.mode = mode;
    this.tell();
  }

  say(text) {
    this.said = text;
  }

  choose(scope, take) {
    this.chooser = { scope, take };
    this.tell();
  }

  // ---- what is wrong, and what holds

  /** How many conditions are not complete yet. */
  open() {
    return [...tree.leaves(this.rule)].filter(([leaf]) => this.known.lack(leaf)).length;
  }

  /** The server's complaints about the node at a path; about a group itself with `alone`. */
  problemsAt(path, alone = false) {
    const where = tree.address(this.rule, path);
    const inside = (name) => name === where || (!alone && (name.startsWith(`${where}.`) || where === ""));
    return this.problems.filter((problem) => inside(problem.path));
  }

  explainedAt(path) {
    let node = this.explained;
    for (const place of path) node = node?.parts?.[place];
    return node ?? null;
  }

  ask() {
    clearTimeout(this.timer);
    this.asking?.abort();
    if (!this.urls.preview) return;
    this.busy = true;
    this.timer = setTimeout(() => this.fetch(), PAUSE);
  }

  async fetch() {
    const asking = (this.asking = new AbortController());
    const waiting = this.open();
    if (waiting || this.codeFault) {
      Object.assign(this, { busy: false, found: "", waiting });
      return this.tell();
    }
    const [found, explained] = await Promise.all([
      this.post(this.urls.preview, {}, asking),
      this.person ? this.post(this.urls.explain, { contact: this.person.id }, asking) : null,
    ]);
    if (asking.signal.aborted) return undefined;
    Object.assign(this, { busy: false, waiting: 0, lost: !found });
    if (found) Object.assign(this, { found: found.html, problems: found.problems });
    this.explained = explained?.node ?? null;
    return this.tell();
  }

  async post(url, more, asking) {
    const body = new URLSearchParams({ rule: JSON.stringify(this.rule), level: this.known.level ?? "", ...more });
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? document.body.getAttribute("hx-headers")?.match(/"X-CSRFToken":"([^"]+)"/)?.[1] ?? "";
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token }, signal: asking.signal }).catch(() => null);
    return answer?.ok ? answer.json().catch(() => null) : null;
  }

  /** Explain the rule for a person, or for nobody. */
  explain(person) {
    this.person = person;
    this.explained = null;
    this.tell();
    this.ask();
  }
}
