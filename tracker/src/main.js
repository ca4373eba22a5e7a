// What happens when the script loads. Whatever fails in here must not fail the page.
import { watchArrival } from "./arrivals.js";
import * as calls from "./calls.js";
import { watchClicks } from "./clicks.js";
import { key, on } from "./config.js";
import { watchForms } from "./forms.js";
import { end, watchPages } from "./pages.js";
import { begin, reset } from "./privacy.js";
import { flush, leave, resume } from "./queue.js";
import { watchReading } from "./reading.js";

const { identify, track, page, group, alias, consent, anonymousId } = calls;
const methods = { identify, track, page, group, alias, reset, consent, anonymousId, flush };

function start() {
  const early = Array.isArray(window.trellis) ? window.trellis : [];
  const push = (...list) => {
    for (const [method, ...args] of list) if (methods[method]) methods[method](...args);
  };
  begin();
  window.trellis = { ...methods, push };
  watchArrival();
  if (on("pages")) watchPages();
  watchReading();
  watchClicks();
  watchForms();
  push(...early);
  const hidden = () => {
    end(false);
    leave();
  };
  addEventListener("pagehide", hidden);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") hidden();
  });
  addEventListener("online", flush);
  resume();
}

if (!key) console.warn("trellis: the script tag names no write key");
else if (!window.trellis || !window.trellis.track) {
  try {
    start();
  } catch (error) {
    console.warn("trellis:", error);
  }
}
