// Forms that their page marks: data-trellis-form="key" collects what is typed when it is
// sent; data-trellis-watch="name" only says that a form was begun, sent or left.
import { track } from "./calls.js";
import { on } from "./config.js";
import { atTheEnd } from "./pages.js";

const PRIVATE = ["password", "file", "hidden", "submit", "button", "reset", "image"];
const begun = new Map();

const keyOf = ({ dataset }) => dataset.trellisForm || dataset.trellisWatch;
const secret = ({ type, autocomplete }) => PRIVATE.includes(type) || /^cc-|password|one-time/.test(autocomplete || "");

function fieldsOf(form) {
  const found = {};
  for (const input of form.elements) {
    const { name, type, value } = input;
    const unset = (type === "checkbox" || type === "radio") && !input.checked;
    if (!name || !value || unset || secret(input) || input.dataset.trellisConsent) continue;
    found[name] = name in found ? [].concat(found[name], value) : value;
  }
  return found;
}

function consentsOf(form) {
  return Array.from(form.querySelectorAll("[data-trellis-consent]"), (box) => ({
    purpose: box.dataset.trellisConsent,
    given: box.checked,
    wording: box.labels && box.labels[0] ? box.labels[0].textContent.trim() : "",
  })).filter((consent) => consent.given);
}

function sent({ target }) {
  if (!target.dataset || !keyOf(target)) return;
  begun.delete(target);
  const traits = fieldsOf(target);
  const about = { form: keyOf(target), fields: Object.keys(traits) };
  if (target.dataset.trellisForm) track("Form Submitted", about, { traits, consent: consentsOf(target) }, true);
  else if (on("forms")) track("Form Submitted", about);
}

// Names of fields only, never what is in them.
function touched({ target }) {
  const form = target.form;
  const key = form && keyOf(form);
  if (!key || secret(target) || !on("forms")) return;
  if (!begun.has(form)) {
    begun.set(form, { at: Date.now(), fields: new Set() });
    track("Form Started", { form: key });
  }
  if (target.name) begun.get(form).fields.add(target.name);
}

// Who comes back to the page may still send it; then "Form Submitted" follows.
function abandoned(left) {
  for (const [form, about] of begun) {
    if (about.told) continue;
    about.told = true;
    const fields = [...about.fields];
    const seconds = Math.round((Date.now() - about.at) / 1000);
    track("Form Abandoned", { form: keyOf(form), fields, last: fields[fields.length - 1], seconds });
  }
  if (left) begun.clear();
}

export function watchForms() {
  document.addEventListener("submit", sent);
  document.addEventListener("input", touched);
  atTheEnd(abandoned);
}
