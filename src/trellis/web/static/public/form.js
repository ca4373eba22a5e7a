// A hosted form: tells a frame around it how tall it is, and sends once.
const form = document.querySelector("form");
form?.addEventListener("submit", () => setTimeout(() => form.querySelector("button").setAttribute("disabled", ""), 0));
addEventListener("pageshow", () => form?.querySelector("button").removeAttribute("disabled"));
document.querySelector("[aria-invalid]")?.focus();
if (parent !== window) {
  const tell = () => parent.postMessage({ trellis: "height", height: document.documentElement.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
  tell();
  if (!form) parent.postMessage({ trellis: "submitted" }, "*");
}
