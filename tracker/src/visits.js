// Sessions: half an hour without anything ends one, and so does another campaign; midnight
// does not. How often a visitor came, and to which page.
import { on } from "./config.js";
import { campaign } from "./place.js";
import { read, write } from "./store.js";

const HALF_AN_HOUR = 1800000;
const DAY = 86400000;
const MOST = 100;

// The session of this moment; ``fresh`` in its first message only.
export function visit() {
  const now = Date.now();
  const mark = campaign();
  const last = read("visit") || { n: 0, at: now };
  const goes_on = last.id && now - last.at < HALF_AN_HOUR && (!mark || mark === last.mark);
  const session = goes_on
    ? { ...last, at: now }
    : { id: now, at: now, n: last.n + 1, mark, days: Math.floor((now - last.at) / DAY) };
  write("visit", session);
  return { ...session, fresh: goes_on ? undefined : true };
}

// How often this page was seen before in other sessions, told once in each; else 0.
export function timesBefore(path) {
  if (!on("returns")) return 0;
  const { id } = read("visit") || {};
  const seen = read("seen") || [];
  const entry = seen.find(([known]) => known === path) || [path, 0, 0];
  if (entry[2] === id) return 0;
  const others = seen.filter(([known]) => known !== path).slice(1 - MOST);
  write("seen", [...others, [path, entry[1] + 1, id]]);
  return entry[1];
}
