// Page views: the first, those of single-page applications, and a page shown again.
import { moved, page, track } from "./calls.js";
import { timesBefore } from "./visits.js";

const place = () => location.pathname + location.search;
const leavers = [];
let last = "";

// Have something told when a page ends: its address changes, or it is hidden.
export const atTheEnd = (tell) => leavers.push(tell);
export const end = (left) => leavers.forEach((tell) => tell(left));

function look() {
  if (place() === last) return;
  if (last) {
    end(true);
    moved();
  }
  last = place();
  page();
  const times = timesBefore(location.pathname);
  if (times) track("Page Revisited", { times: times + 1 });
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
