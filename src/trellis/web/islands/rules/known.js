// What a rule may be made of, as the server says: fields, operators with the shape of their
// value, events; and what a fresh condition on each begins with.
import { kindOf } from "./tree.js";

const SPAN = { n: 30, unit: "day" };
const kept = new Map();

/** The JSON at an address, fetched once per page. */
export function once(url) {
  if (!kept.has(url)) {
    const found = fetch(url).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)));
    found.catch(() => kept.delete(url));
    kept.set(url, found);
  }
  return kept.get(url);
}

/** Fields of people: the scope of a whole rule. */
export class Known {
  constructor(given, urls) {
    this.words = given.words;
    this.urls = urls;
    this.list = given.fields;
    this.events = given.events;
    this.fields = new Map(given.fields.map((field) => [field.key, field]));
    this.operators = new Map(given.operators.map((operator) => [operator.key, operator]));
    this.channels = given.channels;
    this.level = null;
  }

  field(leaf) {
    if (leaf.event) return { key: "", type: "signal", label: this.eventLabel(leaf.event) };
    return this.fields.get(leaf.field);
  }

  label(leaf) {
    return this.field(leaf)?.label ?? leaf.field ?? "";
  }

  eventLabel(event) {
    const known = this.events.find((row) => row.type === event.type && row.name === event.name);
    return known?.label ?? event.name ?? "";
  }

  /** The operators that fit what a leaf reads, in the order of the table. */
  fitting(leaf) {
    const { type, keeps } = this.field(leaf) ?? {};
    const valued = Boolean(leaf.event || keeps);
    return [...this.operators.values()].filter((row) => row.types.includes(type) && (valued || !row.valued));
  }

  /** The event whose property an operator looks at; its `value_prop` may still be open. */
  kept(leaf, operator) {
    return operator?.valued ? (leaf.event ?? this.field(leaf)?.keeps) : undefined;
  }

  operator(leaf) {
    const found = this.operators.get(leaf.op);
    return found && found.types.includes(this.field(leaf)?.type) ? found : undefined;
  }

  signals() {
    return this.list.filter((field) => field.key.startsWith("signal."));
  }

  /** A fresh condition on a field, or on an event that no signal names. */
  fresh(chosen) {
    const leaf = chosen.event ? { event: { type: chosen.type, name: chosen.name } } : { field: chosen.key };
    const type = chosen.event ? "signal" : chosen.type;
    const first = { signal: "did", list: "has", choices: "has", date: "within_last", segment: "in", random: "in_share" }[type];
    const operators = [...this.operators.values()].filter((operator) => operator.types.includes(type));
    const operator = operators.find((row) => row.key === first) ?? operators[0];
    return operator ? this.refit({ ...leaf, op: operator.key }, operator, null) : leaf;
  }

  /** `leaf` under another operator: what still fits of it stays, the rest begins afresh. */
  refit(leaf, operator, before) {
    const next = { ...leaf, op: operator.key };
    if (!before || before.value !== operator.value) {
      const value = this.begin(leaf, operator, leaf.value);
      if (value === undefined) delete next.value;
      else next.value = value;
    }
    if (!operator.windowed) delete next.within;
    else if (!before && this.field(leaf)?.type === "signal") next.within = { ...SPAN };
    if (!operator.ordered) delete next.after;
    if (!operator.ordered && !operator.renounced) delete next.not_since;
    if (next.event?.value_prop && !operator.valued) {
      const { value_prop, ...event } = next.event;
      next.event = event;
    }
    if (!operator.paired) for (const name of ["by", "same"]) delete next[name];
    else next.by ??= this.signals()[0]?.key.slice(7);
    return next;
  }

  begin(leaf, operator, value) {
    const field = this.field(leaf);
    const one = Array.isArray(value) ? value[0] : value;
    const scalar = one !== null && typeof one === "object" ? undefined : one;
    const shapes = {
      none: () => undefined,
      one: () => (field?.type === "boolean" ? true : (scalar ?? field?.choices?.[0]?.key)),
      many: () => (scalar === undefined || scalar === "" ? [] : [scalar]),
      pair: () => [scalar ?? null, null],
      span: () => ({ ...SPAN, n: 7 }),
      count: () => (Number.isInteger(scalar) ? scalar : 2),
      amount: () => (typeof scalar === "number" ? scalar : 100),
      counts: () => [1, 3],
      share: () => [0, 50],
      period: () => "this_month",
      window: () => ({ during: "this_month" }),
      weekdays: () => [],
      months: () => [],
      pattern: () => (typeof scalar === "string" ? scalar : undefined),
      wild: () => (typeof scalar === "string" ? scalar : undefined),
    };
    return shapes[operator.value]?.();
  }

  /** How an operator reads over what a leaf reads. */
  comparison(operator, leaf) {
    return operator.labels?.[this.field(leaf)?.type] ?? operator.label;
  }

  /** What a leaf still lacks, as a key of the words; "" where it is complete. */
  lack(leaf) {
    if (!leaf.event && !leaf.field) return "choose_field";
    if (!this.field(leaf)) return "gone_field";
    const operator = this.operator(leaf);
    if (!operator) return "choose_operator";
    if (operator.paired && !leaf.by) return "choose_signal";
    if (operator.valued && leaf.event && !leaf.event.value_prop) return "choose_property";
    if (Object.values(leaf.of ?? {}).some((values) => !values.length)) return "add_value";
    return valueLack(leaf.value, operator.value, this.field(leaf)) || ("n" in (leaf.within ?? {}) ? spanLack(leaf.within) : "") || this.filterLack(leaf);
  }

  filterLack(leaf) {
    const filter = leaf.event?.filter;
    if (!filter) return "";
    const scope = this.properties(leaf.event);
    const open = (node) => (kindOf(node) ? node[kindOf(node)].some(open) : scope.lack(node) !== "");
    return open(filter) ? "complete_filter" : "";
  }

  /** The properties of an event: the scope of its filter. */
  properties(event) {
    const key = `${event.type}|${event.name}`;
    this.scopes ??= new Map();
    if (!this.scopes.has(key)) this.scopes.set(key, new Properties(this, event));
    return this.scopes.get(key);
  }

  /** Values of a field that people really have: [{ value, label, n }]. */
  values(field, search) {
    return once(`${this.urls.values}?field=${encodeURIComponent(field.key)}&q=${encodeURIComponent(search)}`);
  }
}

/** Properties of one event, named `prop.<key>`; their types are those seen in the log. */
class Properties extends Known {
  constructor(known, event) {
    const operators = [...known.operators.values()].filter((row) => row.value !== "span" && !row.windowed);
    super({ words: known.words, fields: [], events: [], operators, channels: [] }, known.urls);
    this.event = event;
    this.query = `event=${encodeURIComponent(event.name)}&type=${encodeURIComponent(event.type)}`;
  }

  /** Read which properties there are; resolves when they are known. */
  async load() {
    const rows = await once(`${this.urls.values}?${this.query}`).catch(() => []);
    for (const row of rows) {
      const field = { key: `prop.${row.value}`, label: row.value, type: row.type, suggests: true, group: "", n: row.n };
      this.fields.set(field.key, field);
    }
    this.list = [...this.fields.values()];
  }

  field(leaf) {
    const key = leaf.field ?? "";
    if (!key.startsWith("prop.") || key.length < 6) return undefined;
    const seen = this.fields.get(key);
    const meant = typeof leaf.value === "number" ? "number" : typeof leaf.value === "boolean" ? "boolean" : undefined;
    return { key, label: key.slice(5), suggests: true, ...seen, type: this.fits(leaf.op, seen?.type) ?? meant ?? seen?.type ?? "text" };
  }

  /** A property as something that is compared with a value. */
  property(prop, value) {
    return this.field({ field: `prop.${prop || "?"}`, value: Array.isArray(value) ? value[0] : value });
  }

  /** The type a stored operator compares as, where that is not the one seen. */
  fits(op, type) {
    const operator = this.operators.get(op);
    if (!operator || operator.types.includes(type)) return undefined;
    return ["text", "number", "date", "list", "boolean"].find((name) => operator.types.includes(name));
  }

  fitting(leaf) {
    const seen = this.fields.get(leaf.field)?.type ?? "text";
    return [...this.operators.values()].filter((operator) => operator.types.some((type) => type === seen || (seen === "text" && ["number", "date"].includes(type))));
  }

  values(field, search) {
    return once(`${this.urls.values}?${this.query}&prop=${encodeURIComponent(field.key.slice(5))}&q=${encodeURIComponent(search)}`);
  }
}

const empty = (value) => value === undefined || value === null || value === "";
const spanLack = (span) => (Number.isInteger(span?.n) && span.n > 0 ? "" : "fill_length");

function valueLack(value, shape, field) {
  switch (shape) {
    case "none": return "";
    case "weekdays":
    case "months": return value?.length ? "" : "add_value";
    case "window": return empty(value) ? "fill_value" : "n" in value ? spanLack(value) : "";
    case "many": return Array.isArray(value) && value.length ? choiceLack(value, field) : "add_value";
    case "counts":
    case "share":
    case "pair": return Array.isArray(value) && value.length === 2 && !value.some(empty) ? "" : "fill_both";
    case "span": return spanLack(value);
    case "count": return Number.isInteger(value) && value >= 0 ? "" : "fill_count";
    case "amount": return typeof value === "number" ? "" : "fill_number";
    default:
      if (empty(value)) return field?.type === "number" ? "fill_number" : "fill_value";
      return choiceLack([value], field);
  }
}

function choiceLack(values, field) {
  if (!field?.choices) return "";
  const keys = new Set(field.choices.map((choice) => choice.key));
  return values.every((value) => keys.has(value)) ? "" : "gone_choice";
}
