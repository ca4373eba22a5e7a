// Putting things into another order: drag by the grip, or move with the arrow keys on it.
// The new order is posted by #order-form as the keys of [data-key], joined by commas.
export function start(list) {
  const form = document.getElementById("order-form");
  const keys = () => [...list.children].map((item) => item.dataset.key).join(",");
  let before = keys(), held = null;
  const save = () => {
    if (keys() === before) return;
    form.elements.keys.value = before = keys();
    form.requestSubmit();
  };
  for (const item of list.children) {
    const grip = item.querySelector("[data-grip]");
    grip.addEventListener("pointerdown", () => { item.draggable = true; });
    grip.addEventListener("keydown", (event) => {
      const back = event.key === "ArrowLeft" || event.key === "ArrowUp";
      if (!back && event.key !== "ArrowRight" && event.key !== "ArrowDown") return;
      event.preventDefault();
      const beside = back ? item.previousElementSibling : item.nextElementSibling;
      if (!beside) return;
      if (back) beside.before(item);
      else beside.after(item);
      grip.focus();
    });
    grip.addEventListener("keyup", (event) => { if (event.key === "Enter" || event.key === " ") save(); });
    grip.addEventListener("blur", () => setTimeout(() => document.activeElement !== grip && save(), 60));
    item.addEventListener("dragstart", (event) => { held = item; item.classList.add("held"); event.dataTransfer.effectAllowed = "move"; });
    item.addEventListener("dragend", () => { item.draggable = false; item.classList.remove("held"); held = null; save(); });
    item.addEventListener("dragover", (event) => {
      if (!held || held === item) return;
      event.preventDefault();
      const box = item.getBoundingClientRect();
      const after = event.clientX > box.left + box.width / 2;
      if (after) item.after(held);
      else item.before(held);
    });
  }
}
