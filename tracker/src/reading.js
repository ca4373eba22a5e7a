// How long a page was in sight, how far it was read, and whether its visitor is about to go.
import { track } from "./calls.js";
import { on, settings } from "./config.js";
import { atTheEnd } from "./pages.js";

const ENOUGH = settings.read === undefined ? 8 : settings.read;
const SETTLED = 5000;
const QUICK = 300;
let total;
let told;
let since;
let deepest;
let read;
let exiting;
let opened;
let top = 0;
let from;

const visible = () => document.visibilityState === "visible";
const inSight = () => total + (since ? Date.now() - since : 0);

function restart() {
  total = told = deepest = 0;
  read = exiting = false;
  opened = Date.now();
  since = visible() ? opened : 0;
  from = undefined;
}

// How much of the page has been in view, 0 to 1; an element marked data-trellis-end ends it.
function depth() {
  const mark = document.querySelector("[data-trellis-end]");
  const bottom = mark
    ? mark.getBoundingClientRect().bottom + scrollY
    : document.documentElement.scrollHeight - 40;
  return Math.min(1, (scrollY + innerHeight) / Math.max(1, bottom));
}

function look() {
  deepest = Math.max(deepest, depth());
  if (read || deepest < 1 || inSight() < ENOUGH * 1000) return;
  read = true;
  if (on("read")) track("Page Read", { seconds: Math.round(inSight() / 1000) });
}

function exit(how) {
  if (exiting || Date.now() - opened < SETTLED) return;
  exiting = true;
  if (on("exit")) track("Exit Intent", { how, seconds: Math.round(inSight() / 1000) });
}

// On a phone there is no mouse to leave with: who hurries back up wants the address bar.
function scrolled() {
  const now = Date.now();
  if (scrollY >= top || !from || now - from.at > QUICK) from = { at: now, y: scrollY };
  top = scrollY;
  const up = from.y - scrollY;
  if (matchMedia("(pointer: coarse)").matches && up > innerHeight / 2 && from.y > innerHeight) exit("scroll");
}

export function watchReading() {
  restart();
  setInterval(() => visible() && look(), 1000);
  addEventListener("scroll", scrolled, { passive: true });
  document.addEventListener("mouseout", (event) => {
    if (!event.relatedTarget && event.clientY <= 0) exit("mouse");
  });
  document.addEventListener("visibilitychange", () => {
    if (visible()) since = Date.now();
  });
  atTheEnd((left) => {
    total = inSight();
    since = 0;
    const seconds = Math.round((total - told) / 1000);
    if (seconds > 0 && on("time")) {
      told = total;
      track("Page Left", { seconds, scroll: Math.round(100 * deepest) });
    }
    if (left) restart();
  });
}
