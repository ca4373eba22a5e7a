// The rule builder: the tree of `all / any / none` groups and conditions that the rule JSON
// is, edited as rows. What fields, operators and events there are comes from the server, and
// so does the sentence, the count and every complaint: nothing is decided here.
const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};
const GROUPS = ["all", "any", "none"];
const kindOf = (node) => GROUPS.find((kind) => kind in node);
const sprite = () => document.querySelector("use")?.getAttribute("href").split("#")[0];
const icon = (name) => {
  const holder = document.createElement("span");
  holder.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${sprite()}#i-${name}"></use></svg>`;
  return holder.firstChild;
};
const select = (label, options, value, change, extra = "") => {
  const box = make("select", { class: `form-select form-select-sm ${extra}`, "aria-label": label, onchange: (event) => change(event.target.value) });
  for (const [key, text] of options) box.append(make("option", { value: key, selected: key === String(value ?? "") }, text));
  return box;
};
const input = (label, type, value, change, extra = "") =>
  make("input", { class: `form-control form-control-sm ${extra}`, type, value: value ?? "", step: type === "number" ? "any" : null, "aria-label": label, oninput: (event) => change(event.target.value) });
const number = (text) => (text === "" || Number.isNaN(Number(text)) ? text : Number(text));

class Builder {
  constructor(root, known) {
    this.root = root;
    this.store = root.querySelector("input[name=rule], textarea[name=rule]");
    this.known = known;
    this.words = known.words;
    this.fields = new Map(known.fields.map((field) => [field.key, field]));
    this.operators = new Map(known.operators.map((operator) => [operator.key, operator]));
    this.place = root.querySelector("[data-rules-tree]");
    this.json = root.querySelector("[data-rules-json]");
    this.live = root.querySelector("[data-rules-live]");
    this.take(this.store.value);
    this.json?.addEventListener("input", () => this.take(this.json.value, true));
    this.draw();
    this.ask();
  }

  take(text, typed = false) {
    try {
      const found = JSON.parse(text || "{}");
      this.tree = found && kindOf(found) ? found : Object.keys(found ?? {}).length ? { all: [found] } : { all: [] };
      this.json?.classList.remove("is-invalid");
      if (typed) {
        this.draw(false);
        this.changed(false);
      }
    } catch {
      this.json?.classList.add("is-invalid");
    }
  }

  changed(write = true) {
    this.store.value = JSON.stringify(this.tree);
    if (write && this.json) this.json.value = JSON.stringify(this.tree, null, 2);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), 350);
  }

  async ask() {
    if (!this.live) return;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const body = new URLSearchParams({ rule: JSON.stringify(this.tree) });
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    this.live.setAttribute("aria-busy", "true");
    const answer = await fetch(this.root.dataset.preview, { method: "POST", body, headers: { "X-CSRFToken": token } }).catch(() => null);
    if (turn !== this.turn) return;
    this.live.removeAttribute("aria-busy");
    if (answer?.ok) this.live.innerHTML = await answer.text();
  }

  draw(write = true) {
    this.place.replaceChildren(this.group(this.tree, null, 0));
    if (write && this.json) this.json.value = JSON.stringify(this.tree, null, 2);
  }

  redraw() {
    this.draw();
    this.changed();
  }

  group(node, parent, depth) {
    const kind = kindOf(node);
    const parts = node[kind];
    const change = (next) => {
      delete node[kind];
      node[next] = parts;
      this.redraw();
    };
    const add = (part) => {
      parts.push(part);
      this.redraw();
    };
    const head = make("div", { class: "rb-head" },
      select(this.words.group, GROUPS.map((key) => [key, this.words[key]]), kind, change, "w-auto"),
      make("span", { class: "grow" }),
      parent ? this.remover(() => parent.splice(parent.indexOf(node), 1)) : null);
    const rows = parts.map((part) => (kindOf(part) ? this.group(part, parts, depth + 1) : this.row(part, parts)));
    const foot = make("div", { class: "row-flex tight" },
      make("button", { type: "button", class: "btn btn-sm", onclick: () => add({ field: this.known.fields[0].key, op: "not_empty" }) }, icon("plus"), this.words.condition),
      make("button", { type: "button", class: "btn btn-sm", onclick: () => add(this.behaviour()) }, icon("bolt"), this.words.behaviour),
      depth < 5 ? make("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => add({ any: [] }) }, icon("plus"), this.words.add_group) : null);
    return make("div", { class: "rb-group", "data-mode": kind, role: "group", "aria-label": this.words[kind] }, head, ...rows, foot);
  }

  behaviour() {
    const first = this.known.events[0] ?? { type: "page", name: "Page Viewed" };
    return { event: { type: first.type, name: first.name }, op: "count_gte", value: 1, within: { n: 14, unit: "day" } };
  }

  remover(act) {
    return make("button", { type: "button", class: "btn btn-quiet btn-icon btn-sm", "aria-label": this.words.remove, onclick: () => { act(); this.redraw(); } }, icon("x"));
  }

  row(leaf, parts) {
    const row = make("div", { class: "rb-row" });
    const type = leaf.event ? "signal" : this.fields.get(leaf.field)?.type;
    row.append(leaf.event ? this.event(leaf) : this.fieldChoice(leaf));
    const fitting = this.known.operators.filter((operator) => operator.types.includes(type));
    if (!fitting.some((operator) => operator.key === leaf.op)) {
      if (!fitting.length) return row.append(this.remover(() => parts.splice(parts.indexOf(leaf), 1))), row;
      leaf.op = fitting[0].key;
      delete leaf.value;
    }
    row.append(select(this.words.operator, fitting.map((operator) => [operator.key, operator.label]), leaf.op, (op) => {
      if (this.operators.get(op).value !== this.operators.get(leaf.op).value) delete leaf.value;
      leaf.op = op;
      this.redraw();
    }, "rb-op"));
    const operator = this.operators.get(leaf.op);
    row.append(...this.value(leaf, operator, type));
    if (operator.windowed) row.append(...this.within(leaf));
    if (operator.ordered) row.append(this.since(leaf));
    if (type === "consent") row.append(select(this.words.channel, [["", this.words.any_channel], ["email", "email"], ["sms", "sms"]], leaf.channel, (value) => {
      if (value) leaf.channel = value;
      else delete leaf.channel;
      this.changed();
    }));
    row.append(this.remover(() => parts.splice(parts.indexOf(leaf), 1)));
    if (leaf.event) row.append(this.filter(leaf));
    return row;
  }

  fieldChoice(leaf) {
    const box = make("select", { class: "form-select form-select-sm rb-field", "aria-label": this.words.field, onchange: (event) => {
      leaf.field = event.target.value;
      for (const name of ["op", "value", "within", "channel", "not_since", "after"]) delete leaf[name];
      this.redraw();
    } });
    const groups = new Map();
    for (const field of this.known.fields) {
      if (!groups.has(field.group)) groups.set(field.group, make("optgroup", { label: field.group }));
      groups.get(field.group).append(make("option", { value: field.key, selected: field.key === leaf.field }, field.label));
    }
    if (!this.fields.has(leaf.field)) box.append(make("option", { value: leaf.field, selected: true }, leaf.field));
    box.append(...groups.values());
    return box;
  }

  event(leaf) {
    const key = (event) => `${event.type}|${event.name}`;
    const options = this.known.events.map((event) => [key(event), event.name]);
    if (!options.some(([found]) => found === key(leaf.event))) options.unshift([key(leaf.event), leaf.event.name]);
    return select(this.words.event, options, key(leaf.event), (value) => {
      const [type, ...name] = value.split("|");
      leaf.event = { ...leaf.event, type, name: name.join("|") };
      this.changed();
    }, "rb-field");
  }

  filter(leaf) {
    const rule = leaf.event.filter;
    const rows = rule ? (rule[kindOf(rule)] ?? []) : [];
    const flat = rows.every((part) => part.field);
    const box = make("div", { class: "row-flex tight w-100 ps-2" });
    if (!flat) return box;
    rows.forEach((part) => box.append(make("span", { class: "row-flex tight" },
      make("span", { class: "muted small" }, this.words.with),
      input(this.words.property, "text", part.field.replace(/^prop\./, ""), (value) => { part.field = `prop.${value}`; this.changed(); }, "w-auto"),
      select(this.words.operator, ["eq", "ne", "contains", "starts_with", "gt", "lt"].map((key) => [key, this.operators.get(key).label]), part.op, (value) => { part.op = value; part.value = ["gt", "lt"].includes(value) ? number(part.value) : String(part.value ?? ""); this.changed(); }),
      input(this.words.value, "text", part.value, (value) => { part.value = ["gt", "lt"].includes(part.op) ? number(value) : value; this.changed(); }, "w-auto"),
      this.remover(() => { rows.splice(rows.indexOf(part), 1); if (!rows.length) delete leaf.event.filter; }))));
    box.append(make("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => {
      leaf.event.filter = { all: [...rows, { field: "prop.path", op: "starts_with", value: "/" }] };
      this.redraw();
    } }, icon("plus"), this.words.property));
    return box;
  }

  value(leaf, operator, type) {
    const shape = operator.value;
    const set = (value) => { leaf.value = value; this.changed(); };
    if (shape === "none") { delete leaf.value; return []; }
    if (shape === "span") return this.span(leaf.value ?? (leaf.value = { n: 7, unit: "day" }), (value) => set(value));
    if (shape === "count" || shape === "amount") {
      leaf.value ??= 1;
      return [input(this.words.value, "number", leaf.value, (value) => set(number(value)), "rb-n")];
    }
    const field = this.fields.get(leaf.field);
    if (field?.choices) return [this.choices(leaf, field, shape, set)];
    if (type === "boolean") {
      leaf.value ??= true;
      return [select(this.words.value, [["true", this.words.yes], ["false", this.words.no]], leaf.value, (value) => set(value === "true"))];
    }
    const kind = type === "number" ? "number" : type === "date" ? "date" : "text";
    const read = (text) => (type === "number" ? number(text) : text);
    if (shape === "pair") {
      leaf.value = Array.isArray(leaf.value) ? leaf.value : ["", ""];
      return [0, 1].map((at) => input(this.words.value, kind, leaf.value[at], (text) => { leaf.value[at] = read(text); this.changed(); }, "rb-value"));
    }
    if (shape === "many") {
      leaf.value = Array.isArray(leaf.value) ? leaf.value : [];
      const box = input(this.words.many, "text", leaf.value.join(", "), (text) => set(text.split(",").map((part) => read(part.trim())).filter((part) => part !== "")), "");
      box.placeholder = this.words.many;
      return [make("span", { class: "rb-value" }, box)];
    }
    return [make("span", { class: "rb-value" }, input(this.words.value, kind, leaf.value, (text) => set(read(text))))];
  }

  choices(leaf, field, shape, set) {
    const options = field.choices.map((choice) => [choice.key, choice.label]);
    if (shape !== "many") {
      leaf.value ??= options[0]?.[0];
      return select(this.words.value, options, leaf.value, set);
    }
    leaf.value = Array.isArray(leaf.value) ? leaf.value : [];
    const shown = () => options.filter(([key]) => leaf.value.includes(key)).map(([, label]) => label).join(", ") || this.words.choose;
    const summary = make("summary", { class: "btn btn-sm" }, shown());
    const list = make("div", { class: "pop" });
    for (const [key, label] of options) {
      const tick = make("input", { type: "checkbox", checked: leaf.value.includes(key), onchange: (event) => {
        set(event.target.checked ? [...leaf.value, key] : leaf.value.filter((other) => other !== key));
        summary.textContent = shown();
      } });
      list.append(make("label", { class: "entry check" }, tick, label));
    }
    return make("details", { class: "menu left" }, summary, list);
  }

  span(value, set) {
    const units = ["day", "week", "month"].map((unit) => [unit, this.words[unit]]);
    return [input(this.words.length, "number", value.n, (text) => set({ ...value, n: (value.n = number(text)) }), "rb-n"),
      select(this.words.unit, units, value.unit, (unit) => set({ ...value, unit: (value.unit = unit) }))];
  }

  within(leaf) {
    const mode = select(this.words.window, [["", this.words.ever], ["within", this.words.within]], leaf.within ? "within" : "", (value) => {
      if (value) leaf.within = { n: 14, unit: "day" };
      else delete leaf.within;
      this.redraw();
    });
    return leaf.within ? [mode, ...this.span(leaf.within, (value) => { leaf.within = value; this.changed(); })] : [mode];
  }

  since(leaf) {
    const signals = this.known.fields.filter((field) => field.type === "signal").map((field) => [field.key.slice(7), field.label]);
    if (!signals.length) return "";
    return select(this.words.not_since, [["", this.words.whatever_after], ...signals.map(([key, label]) => [key, `${this.words.not_since}: ${label}`])], leaf.not_since, (value) => {
      if (value) leaf.not_since = value;
      else delete leaf.not_since;
      this.changed();
    }, "rb-since");
  }
}

const cache = new Map();
export async function start(root) {
  const url = root.dataset.fields;
  if (!cache.has(url)) cache.set(url, fetch(url).then((answer) => answer.json()));
  const builder = new Builder(root, await cache.get(url));
  root.querySelector("[data-rules-wait]")?.remove();
  root.builder = builder;
}
