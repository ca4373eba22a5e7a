// Page views: the first, those of single-page applications, and a page shown again.
import { moved, page } from "./calls.js";

const place = () => location.pathname + location.search;
let last = "";
let shown = "";

function look() {
  if (place() === last) return;
  if (last) moved(shown);
  last = place();
  shown = location.href.split("#")[0];
  page();
}

// The new title is set after the address; wait until the application had its turn.
const soon = () => setTimeout(look, 50);

function watch(name) {
  const original = history[name];
  history[name] = function (...args) {
    const result = original.apply(this, args);
    soon();
    return result;
  };
}

export function watchPages() {
  watch("pushState");
  watch("replaceState");
  addEventListener("popstate", soon);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    last = "";
    look();
  });
  if (document.prerendering) document.addEventListener("prerenderingchange", look, { once: true });
  else look();
}
