// Line numbers beside a textarea, faults marked in them, and a live check on the server.
// <textarea data-island="code" data-check="URL" data-faults="#list">. Tab indents; Escape and
// then Tab leaves the field.
export function start(area) {
  const gutter = area.parentElement.querySelector(".gutter");
  const list = area.dataset.faults ? document.querySelector(area.dataset.faults) : null;
  let bad = new Set((list?.dataset.lines ?? "").split(",").filter(Boolean).map(Number));
  let leaving = false;
  const number = () => {
    const rows = area.value.split("\n").length;
    gutter.innerHTML = "";
    for (let row = 1; row <= rows; row++) {
      const mark = document.createElement(bad.has(row) ? "b" : "span");
      mark.className = bad.has(row) ? "bad" : "";
      mark.textContent = `${row}\n`;
      gutter.append(mark);
    }
    gutter.scrollTop = area.scrollTop;
  };
  const go = (row) => {
    const lines = area.value.split("\n");
    const from = lines.slice(0, row - 1).join("\n").length + (row > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(from, from + (lines[row - 1] ?? "").length);
    area.scrollTop = Math.max(0, (row - 5) * parseFloat(getComputedStyle(area).lineHeight));
  };
  const show = (problems) => {
    bad = new Set(problems.map((problem) => problem.line).filter(Boolean));
    list.replaceChildren(...problems.map((problem) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.line = problem.line ?? 1;
      button.textContent = problem.line ? `${problem.line}: ${problem.message}` : problem.message;
      item.append(button);
      return item;
    }));
    list.closest("[data-faults-box]")?.toggleAttribute("hidden", problems.length === 0);
    document.querySelector("[data-faults-none]")?.toggleAttribute("hidden", problems.length > 0);
    number();
  };
  let timer, turn = 0;
  const check = async () => {
    const mine = ++turn;
    const body = new URLSearchParams({ source: area.value });
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    const answer = await fetch(area.dataset.check, { method: "POST", body, headers: { "X-CSRFToken": token } }).catch(() => null);
    if (answer?.ok && mine === turn) show((await answer.json()).problems);
  };
  area.addEventListener("input", () => {
    number();
    if (!area.dataset.check) return;
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  });
  area.addEventListener("scroll", () => (gutter.scrollTop = area.scrollTop));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaving = true;
    else if (event.key === "Tab" && !leaving && !event.shiftKey) {
      event.preventDefault();
      area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (event.key !== "Shift") leaving = false;
  });
  area.addEventListener("blur", () => (leaving = false));
  list?.addEventListener("click", (event) => {
    const line = event.target.closest("[data-line]")?.dataset.line;
    if (line) go(Number(line));
  });
  number();
}
