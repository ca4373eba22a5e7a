// <script async src="…/static/public/embed.js" data-form="key"></script> puts a hosted form
// where the script stands, tells it which page it is on, and lets it grow to its height.
(() => {
  const script = document.currentScript;
  const host = new URL(script.src).origin;
  const query = new URLSearchParams({ frame: "1", url: location.href, ref: document.referrer });
  let device = "";
  try {
    device = window.trellis?.anonymousId?.() || "";
  } catch {
    device = "";
  }
  if (device) query.set("aid", device);
  const frame = document.createElement("iframe");
  frame.src = `${host}/f/${encodeURIComponent(script.dataset.form)}/?${query}`;
  frame.title = script.dataset.title || "";
  frame.style.cssText = "width:100%;border:0;display:block;min-height:16rem;color-scheme:normal";
  frame.loading = "lazy";
  script.after(frame);
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== host) return;
    if (event.data?.trellis === "height") frame.style.height = `${event.data.height}px`;
    if (event.data?.trellis === "submitted") frame.dispatchEvent(new CustomEvent("trellis:submitted", { bubbles: true }));
  });
})();
