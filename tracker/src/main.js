// What happens when the script loads. Whatever fails in here must not fail the page.
import * as calls from "./calls.js";
import { automatic, key } from "./config.js";
import { watchForms } from "./forms.js";
import { watchPages } from "./pages.js";
import { begin } from "./privacy.js";
import { flush, leave, resume } from "./queue.js";

const { identify, track, page, group, alias, reset, consent, anonymousId } = calls;
const methods = { identify, track, page, group, alias, reset, consent, anonymousId, flush };

function start() {
  const early = Array.isArray(window.trellis) ? window.trellis : [];
  const push = (...list) => {
    for (const [method, ...args] of list) if (methods[method]) methods[method](...args);
  };
  begin();
  window.trellis = { ...methods, push };
  if (automatic) watchPages();
  watchForms();
  push(...early);
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
  addEventListener("online", flush);
  resume();
}

if (!key) console.warn("trellis: the script tag has no data-key");
else if (!window.trellis || !window.trellis.track) {
  try {
    start();
  } catch (error) {
    console.warn("trellis:", error);
  }
}
