// The shell: menu, theme, toasts, confirm dialogs, shortcuts, plots, bulk choice.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---- toasts
const box = $("#toasts");
const icon = (name) => {
  const href = $("use")?.getAttribute("href").split("#")[0];
  return `<svg class="icon" aria-hidden="true"><use href="${href}#i-${name}"></use></svg>`;
};
function live(toast) {
  const close = () => toast.remove();
  $("[data-close]", toast)?.addEventListener("click", close);
  if (!toast.classList.contains("error")) setTimeout(close, 6000);
}
export function say(text, kind = "success") {
  const toast = document.createElement("div");
  toast.className = `toast-t ${kind}`;
  toast.innerHTML = icon(kind === "error" ? "alert-circle" : "circle-check");
  const words = document.createElement("span");
  words.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.close = "";
  button.setAttribute("aria-label", box.dataset.shut);
  button.innerHTML = icon("x");
  toast.append(words, button);
  box.append(toast);
  live(toast);
}
$$("[data-toast]").forEach(live);
document.addEventListener("toast", (event) => say(event.detail.text, event.detail.kind));
document.addEventListener("htmx:sendError", () => say(box.dataset.lost, "error"));
let waiting = 0;
const busy = (step) => {
  waiting = Math.max(0, waiting + step);
  document.body.classList.toggle("busy", waiting > 0);
};
document.addEventListener("htmx:beforeRequest", (event) => event.target.matches?.("form, button, a, input, select") && busy(1));
// What looks again every few seconds rests while nobody can see it.
document.addEventListener("htmx:beforeRequest", (event) => document.hidden && event.target.getAttribute?.("hx-trigger")?.startsWith("every") && event.preventDefault());
document.addEventListener("htmx:afterRequest", (event) => event.target.matches?.("form, button, a, input, select") && busy(-1));

// ---- menu on the phone
document.addEventListener("click", (event) => {
  const nav = event.target.closest("[data-nav]");
  if (nav) {
    const open = nav.dataset.nav === "open";
    document.body.classList.toggle("nav-open", open);
    (open ? $(".side-close") : $(".side-open"))?.focus();
  }
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const opener = event.target.closest("[data-open]");
  if (opener) {
    const sheet = document.getElementById(opener.dataset.open);
    sheet?.showModal();
    $(".sheet-body :is(input:not([type=hidden]), select, textarea)", sheet)?.focus();
    wake(sheet);
  }
  if (event.target.closest("[data-shut]")) event.target.closest("dialog")?.close();
  const copier = event.target.closest("[data-copy]");
  if (copier) {
    navigator.clipboard.writeText($(copier.dataset.copy)?.textContent.trim() ?? "");
    say(copier.dataset.done || "✓");
  }
  const theme = event.target.closest("[data-theme-switch]");
  if (theme) {
    const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem("trellis-theme", next);
    document.documentElement.dataset.bsTheme = next;
    paint();
  }
  if (event.target.matches("dialog.sheet")) event.target.close();
});

// A form that was refused comes back with its sheet open, over the page as before.
for (const sheet of $$("dialog.sheet[open]")) {
  sheet.open = false;
  sheet.showModal();
}

// ---- confirm once
const dialog = $("#confirm");
function ask(text, yes, no) {
  $("#confirm-text").textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener("close", () => (dialog.returnValue === "yes" ? yes() : no?.()), { once: true });
}
document.addEventListener("submit", (event) => {
  const text = event.submitter?.dataset.confirm || event.target.dataset.confirm;
  if (!text || event.target.dataset.sure) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  ask(text, () => {
    event.target.dataset.sure = "1";
    event.target.requestSubmit(submitter);
    delete event.target.dataset.sure;
  }, () => "auto" in event.target.dataset && event.target.reset());
}, true);
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question, () => event.detail.issueRequest(true));
});

// ---- shortcuts
const places = { h: "/", c: "/contacts/", s: "/segments/", j: "/journeys/", m: "/messages/" };
let leader = 0;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.body.classList.remove("nav-open");
    for (const menu of $$("details.menu[open]")) {
      menu.open = false;
      $("summary", menu).focus();
    }
  }
  if (event.target.closest("input, textarea, select, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    $("#find")?.focus();
  } else if (event.key === "?") $("#shortcuts")?.showModal();
  else if (event.key === "g") leader = Date.now();
  else if (Date.now() - leader < 1200 && places[event.key]) location.assign(places[event.key]);
  else if (event.key === "j" || event.key === "k") {
    const rows = $$("main table tbody a[data-row], main .list a");
    const at = rows.indexOf(document.activeElement);
    rows[event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0)]?.focus();
  }
});

// ---- filters submit themselves
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-auto] select, [data-auto] input[type=checkbox], [data-auto] input[type=radio]")) event.target.form.requestSubmit();
});

// ---- the tab one stands on is seen, however many there are
$(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// ---- tabs of one form
document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tabs] [role=tab]");
  if (!tab) return;
  event.preventDefault();
  for (const other of $$("[role=tab]", tab.parentElement)) {
    other.toggleAttribute("aria-current", other === tab);
    other.setAttribute("aria-selected", String(other === tab));
    $(other.getAttribute("href")).hidden = other !== tab;
  }
});

// ---- parts of a form that follow a choice
function follow(field) {
  for (const part of $$("[data-when]", field.form)) show(part, part.dataset.when.split(" ").includes(field.value));
  for (const part of $$("[data-when-not]", field.form)) show(part, part.dataset.whenNot !== field.value);
}
function show(part, shown) {
  part.hidden = !shown;
  if (part.matches("fieldset")) part.disabled = !shown;
}
document.addEventListener("change", (event) => event.target.closest("[data-switch]") && follow(event.target));
$$("select[data-switch]").forEach(follow);

// ---- choosing rows for a bulk act
document.addEventListener("change", (event) => {
  const table = event.target.closest("[data-bulk]");
  if (!table || !event.target.matches("input.tick")) return;
  if (event.target.dataset.all !== undefined) for (const tick of $$("tbody input.tick", table)) tick.checked = event.target.checked;
  const chosen = $$("tbody input.tick", table);
  for (const tick of chosen) tick.closest("tr").classList.toggle("chosen", tick.checked);
  const count = chosen.filter((tick) => tick.checked).length;
  const bar = $("[data-bulk-bar]", table);
  if (bar) {
    bar.hidden = count === 0;
    $("[data-bulk-count]", bar).textContent = String(count);
  }
});

// ---- plots
const plots = new Map();
async function paint(root = document) {
  const spots = $$("[data-plot]", root);
  for (const [node, plot] of plots) if (!node.isConnected) plots.delete(node), plot.dispose();
  if (!spots.length) return;
  const { draw } = await import("./plots.js");
  for (const spot of spots) plots.set(spot, draw(spot, plots.get(spot)));
}
document.addEventListener("htmx:load", (event) => paint(event.target.closest?.("[data-plot]")?.parentElement ?? event.target));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint());
paint();

// ---- islands on the page, by name
const islands = { code: "./code.js", rules: "./rules.js", "journey-rules": "./journey_rules.js", picture: "./picture.js", list: "./list.js", person: "./person.js", order: "./order.js", preview: "./preview.js" };
async function wake(root = document) {
  for (const node of $$("[data-island]", root)) {
    if (node.dataset.awake || node.closest("dialog:not([open])")) continue;
    node.dataset.awake = "1";
    (await import(islands[node.dataset.island])).start(node);
  }
}
document.addEventListener("htmx:load", (event) => wake(event.target));
wake();
