// The live preview of a template: sends the form to the frame when the writer pauses.
export function start(form) {
  const button = form.querySelector("[data-preview]");
  const locale = form.querySelector("[name=show]");
  let timer;
  const soon = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(button), wait);
  };
  form.addEventListener("input", () => soon(600));
  form.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-locale]");
    if (!tab) return;
    locale.value = tab.dataset.locale;
    soon(0);
  });
  soon(50);
}
