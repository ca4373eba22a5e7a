// Moving about in the picture of a journey: drag or arrow keys to pan, wheel or + and − to zoom.
export function start(canvas) {
  const svg = canvas.querySelector("svg.picture");
  const full = svg.viewBox.baseVal;
  const box = { x: full.x, y: full.y, w: full.width, h: full.height };
  const show = () => svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.w} ${box.h}`);
  const fit = () => {
    const scale = Math.max(full.width / canvas.clientWidth, Math.min(full.height / canvas.clientHeight, 1.1), 0.85);
    box.w = canvas.clientWidth * scale;
    box.h = canvas.clientHeight * scale;
    box.x = full.x + (full.width - box.w) / 2;
    box.y = full.height > box.h ? full.y : full.y + (full.height - box.h) / 2;
    show();
  };
  const zoom = (factor, at = { x: 0.5, y: 0.5 }) => {
    const w = Math.min(Math.max(box.w * factor, 240), full.width * 6);
    const real = w / box.w;
    box.x += box.w * (1 - real) * at.x;
    box.y += box.h * (1 - real) * at.y;
    box.w *= real;
    box.h *= real;
    show();
  };
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !document.fullscreenElement && Math.abs(event.deltaY) < 1) return;
    event.preventDefault();
    const area = canvas.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1.12 : 1 / 1.12, { x: (event.clientX - area.x) / area.width, y: (event.clientY - area.y) / area.height });
  }, { passive: false });
  let from = null, moved = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.target.closest(".zoom")) return;
    from = { x: event.clientX, y: event.clientY };
    moved = false;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    const scale = box.w / canvas.clientWidth;
    if (Math.abs(event.clientX - from.x) + Math.abs(event.clientY - from.y) > 4 && !moved) {
      moved = true;
      canvas.setPointerCapture(event.pointerId);
      canvas.classList.add("drag");
    }
    if (!moved) return;
    box.x -= (event.clientX - from.x) * scale;
    box.y -= (event.clientY - from.y) * scale;
    from = { x: event.clientX, y: event.clientY };
    show();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => {
    from = null;
    canvas.classList.remove("drag");
  });
  canvas.addEventListener("click", (event) => moved && event.preventDefault(), true);
  canvas.addEventListener("keydown", (event) => {
    const step = box.w * 0.08;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key === "+" || event.key === "=") zoom(1 / 1.2);
    else if (event.key === "-") zoom(1.2);
    else if (event.key === "0") fit();
    else if (moves[event.key]) {
      [box.x, box.y] = [box.x + moves[event.key][0], box.y + moves[event.key][1]];
      show();
    } else return;
    event.preventDefault();
  });
  canvas.querySelector("[data-zoom=in]")?.addEventListener("click", () => zoom(1 / 1.25));
  canvas.querySelector("[data-zoom=out]")?.addEventListener("click", () => zoom(1.25));
  canvas.querySelector("[data-zoom=fit]")?.addEventListener("click", fit);
  fit();
}
