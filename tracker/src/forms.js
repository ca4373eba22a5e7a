// Forms that their page marks with data-trellis-form, and links to hosted forms.
import { anonymousId, track } from "./calls.js";
import { host } from "./config.js";

const PRIVATE = ["password", "file", "hidden", "submit", "button", "reset", "image"];

function fieldsOf(form) {
  const found = {};
  for (const input of form.elements) {
    const { name, type, value } = input;
    const unset = (type === "checkbox" || type === "radio") && !input.checked;
    const secret = PRIVATE.includes(type) || /^cc-/.test(input.autocomplete || "");
    if (!name || !value || unset || secret || input.dataset.trellisConsent) continue;
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

export function watchForms() {
  document.addEventListener("submit", ({ target }) => {
    const key = target.dataset && target.dataset.trellisForm;
    if (!key) return;
    const traits = fieldsOf(target);
    const more = { traits, consent: consentsOf(target) };
    track("Form Submitted", { form: key, fields: Object.keys(traits) }, more);
  });
  document.addEventListener("click", ({ target }) => {
    const link = target.closest && target.closest("a[href]");
    const id = link && link.href.startsWith(host + "/f/") && anonymousId();
    if (!id) return;
    const url = new URL(link.href);
    url.searchParams.set("aid", id);
    link.href = url.href;
  });
}
