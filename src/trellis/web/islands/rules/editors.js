// One editor per shape of a value: what stands after the operator in the sentence.
import { html, useMemo } from "./html.js";
import { Many, Num, One, Pick, Text } from "./controls.js";
import { Moment, Period, Span, Window } from "./dates.js";

const number = (text) => {
  const found = Number(text.replace(",", "."));
  return text.trim() === "" || Number.isNaN(found) ? undefined : found;
};

/** One value of a type. */
function Scalar({ label, value, change, field, find, words }) {
  switch (field?.type) {
    case "number": return html`<${Num} label=${label} wide value=${value} change=${change} />`;
    case "date": return html`<${Moment} label=${label} value=${value} change=${change} words=${words} />`;
    case "boolean": return html`<${Pick} label=${label} options=${[["true", words.yes], ["false", words.no]]} value=${String(value ?? true)} change=${(text) => change(text === "true")} />`;
    default: return html`<${One} label=${label} value=${value} change=${change} find=${field?.suggests ? find : null} placeholder=${words.value_hint} />`;
  }
}

/** Some, or one, of a closed set of choices. */
export function Choices({ label, value, change, options, words, many }) {
  const name = (key) => options.find((choice) => choice.key === key)?.label ?? String(key);
  const find = useMemo(() => async (search) => {
    const wanted = search.toLowerCase();
    return options
      .filter((choice) => choice.label.toLowerCase().includes(wanted) || String(choice.key).includes(wanted))
      .map((choice) => ({ value: choice.key, label: choice.label, note: choice.note }));
  }, [options]);
  if (many) return html`<${Many} label=${label} values=${value ?? []} change=${change} find=${find} name=${name} words=${words} placeholder=${value?.length ? words.or_more : words.choose} />`;
  return html`<${Pick} label=${label} options=${options.map((choice) => [choice.key, choice.label])} value=${value} change=${change} />`;
}

const listed = ({ label, value, change, field, find, words }) => html`<${Many} label=${label} values=${value ?? []} change=${change} words=${words}
  find=${field?.suggests ? find : null} read=${(text) => (field?.type === "number" ? number(text) : text)} placeholder=${value?.length ? words.or_more : words.value_hint} />`;

/** Two values with a word between them. */
const two = (draw) => (given) => {
  const [low, high] = Array.isArray(given.value) ? given.value : [null, null];
  return html`${draw({ ...given, value: low, label: given.words.from, change: (value) => given.change([value ?? null, high]) })}
    <span class="ru-word">${given.words.and}</span>
    ${draw({ ...given, value: high, label: given.words.to, change: (value) => given.change([low, value ?? null]) })}`;
};

const whole = ({ label, value, change }) => html`<${Num} label=${label} whole min="0" value=${value} change=${change} />`;
const percent = ({ label, value, change }) => html`<${Num} label=${label} min="0" value=${value} change=${change} /><span class="ru-word">%</span>`;
const mono = (hint) => ({ label, value, change, words }) => html`<${Text} label=${label} mono value=${value} change=${change} placeholder=${words[hint]} />`;
const named = (table) => ({ label, value, change, words }) => html`<${Choices} many label=${label} value=${value} change=${change} words=${words} options=${words[table].map(([key, text]) => ({ key, label: text }))} />`;

const SHAPES = {
  none: () => null,
  one: (given) => (given.field?.choices ? html`<${Choices} ...${given} options=${given.field.choices} />` : html`<${Scalar} ...${given} />`),
  many: (given) => (given.field?.choices ? html`<${Choices} many ...${given} options=${given.field.choices} />` : listed(given)),
  pair: two((given) => html`<${Scalar} ...${given} />`),
  span: (given) => html`<${Span} ...${given} />`,
  period: (given) => html`<${Period} ...${given} />`,
  window: (given) => html`<${Window} ...${given} spans=${false} />`,
  count: whole,
  counts: two(whole),
  amount: ({ label, value, change }) => html`<${Num} label=${label} wide value=${value} change=${change} />`,
  pattern: mono("pattern_hint"),
  wild: mono("wild_hint"),
  weekdays: named("weekdays"),
  months: named("months"),
  share: two(percent),
};

/** The value of a leaf in the shape its operator wants. A shape this page does not know is
 * edited as JSON, so that nothing is out of reach. */
export function Value(given) {
  const draw = SHAPES[given.operator.value];
  if (draw) return draw(given);
  const change = (text) => {
    try {
      given.change(JSON.parse(text));
    } catch {
      given.change(text);
    }
  };
  const text = typeof given.value === "string" ? given.value : JSON.stringify(given.value ?? null);
  return html`<${Text} label=${given.label} mono value=${text} change=${change} />`;
}
