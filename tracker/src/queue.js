// Messages wait in the browser's storage until the server has them; a message that is sent
// twice, by two tabs or after an unseen answer, is known there by its messageId.
import { host, key } from "./config.js";
import { allowed } from "./privacy.js";
import { read, write } from "./store.js";

const SOON = 150;
const MOST = 500;
const BATCH = 50;
const LONGEST = 60000;
const DAY = 86400000;
const under_way = new Set();
let timer;
let failures = 0;

const waiting = () => read("queue") || [];
const may_go = (message) => (allowed() || message.context.cookieless) && !under_way.has(message.messageId);

export function add(message) {
  write("queue", waiting().concat(message).slice(-MOST));
  later(SOON);
}

function later(delay) {
  clearTimeout(timer);
  timer = setTimeout(flush, delay);
}

function done(batch) {
  const ids = new Set(batch.map((message) => message.messageId));
  write("queue", waiting().filter((message) => !ids.has(message.messageId)));
}

const body = (batch) => JSON.stringify({ batch, writeKey: key, sentAt: new Date().toISOString() });
const next = () => waiting().filter(may_go).slice(0, BATCH);

export async function flush() {
  const batch = next();
  if (!batch.length) return;
  for (const message of batch) under_way.add(message.messageId);
  const again = await send(batch);
  for (const message of batch) under_way.delete(message.messageId);
  if (again) {
    failures += 1;
    later(Math.min(LONGEST, 1000 * 2 ** failures) * (0.5 + Math.random() / 2));
  } else {
    failures = 0;
    done(batch);
    if (next().length) later(0);
  }
}

// True where it must be sent again. Plain text spares the browser a preflight.
async function send(batch) {
  try {
    const answer = await fetch(host + "/v1/batch", {
      method: "POST",
      body: body(batch),
      headers: { "Content-Type": "text/plain" },
      credentials: "omit",
      keepalive: true,
    });
    return answer.status >= 500 || answer.status === 429;
  } catch {
    return true;
  }
}

// The page goes away: hand everything to the browser, which sends it afterwards. Nobody sees
// the answer, so the next page sends it once more, unless that is too late to be recognised.
export function leave() {
  for (let batch = next(); batch.length; batch = next()) {
    const text = new Blob([body(batch)], { type: "text/plain" });
    if (!navigator.sendBeacon || !navigator.sendBeacon(host + "/v1/batch", text)) return;
    for (const message of batch) under_way.add(message.messageId);
    const queue = waiting();
    for (const message of queue) if (under_way.has(message.messageId)) message.left = Date.now();
    write("queue", queue);
  }
}

// Begin with what the page before could not send, or did not see arrive.
export function resume() {
  if (!allowed()) return;
  const since = Date.now() - DAY;
  const queue = waiting();
  if (queue.length) write("queue", queue.filter((message) => !message.left || message.left > since));
  flush();
}
