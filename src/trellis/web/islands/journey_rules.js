// The rules that stand in the definition of a journey, each with a button that opens it in the
// rule builder; what is built goes back to its place in the text.
import { start as build } from "./rules.js";

export function start(card) {
  const area = document.querySelector(card.dataset.source);
  const list = card.querySelector("[data-list]");
  const dialog = document.querySelector(card.dataset.dialog);
  const room = dialog.querySelector("[data-room]");
  const blank = dialog.querySelector("template");
  let path = "";
  const ask = async (more) => {
    const body = new URLSearchParams({ source: area.value, ...more });
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(card.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": token } }).catch(() => null);
    return answer?.ok ? answer.json() : null;
  };
  const open = async (row) => {
    path = row.path;
    room.replaceChildren(blank.content.cloneNode(true));
    const root = room.querySelector("[data-island]");
    root.dataset.awake = "1";
    root.querySelector("[name=rule]").value = JSON.stringify(row.rule);
    if (row.event.name) {
      Object.assign(root.dataset, { eventName: row.event.name, eventType: row.event.type });
      for (const name of ["preview", "explain", "people"]) delete root.dataset[name];
    }
    dialog.showModal();
    await build(root);
  };
  const show = (rows) => {
    list.replaceChildren(...rows.map((row) => {
      const item = document.createElement("li");
      item.className = "rule-line";
      const words = document.createElement("span");
      words.className = "grow small";
      words.innerHTML = row.html;
      const place = document.createElement("code");
      place.textContent = `${row.line}: ${row.path.split(".").at(-1)}`;
      words.prepend(place, " ");
      if (row.event.name) words.append(row.event.name);
      const button = document.createElement("button");
      button.type = "button";
      button.style.flex = "none";
      button.className = "btn btn-sm";
      button.textContent = card.dataset.edit;
      button.setAttribute("aria-label", `${card.dataset.edit}: ${row.path}`);
      button.addEventListener("click", () => open(row));
      item.append(words, ...(area.readOnly ? [] : [button]));
      return item;
    }));
    card.hidden = rows.length === 0;
  };
  let timer;
  const refresh = async () => show((await ask({}))?.rules ?? []);
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 500);
  });
  dialog.querySelector("[data-take]").addEventListener("click", async () => {
    const { store } = room.querySelector("[data-island]");
    store.touched = true;
    store.tell();
    if (store.codeFault || store.open()) return;
    const found = await ask({ path, rule: store.text });
    if (!found) return;
    area.value = found.source;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    dialog.close();
  });
  refresh();
}
