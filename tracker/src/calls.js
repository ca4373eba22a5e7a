// The messages of the Segment spec.
import { add } from "./queue.js";
import { allowed, decide, refused } from "./privacy.js";
import { forget, read, write } from "./store.js";

const VERSION = "1.0";

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function anonymousId() {
  if (refused()) return "";
  let id = read("id");
  if (!id) write("id", (id = uuid()));
  return id;
}

const address = () => location.href.split("#")[0];
let came_from = document.referrer;

// In a single-page application the page before is the referrer.
export function moved(from) {
  came_from = from;
}

function context(more) {
  return {
    library: { name: "t.js", version: VERSION },
    page: {
      url: address(),
      path: location.pathname,
      referrer: came_from,
      title: document.title,
      search: location.search,
    },
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width },
    ...more,
  };
}

function say(type, fields, more) {
  if (refused()) return;
  const message = {
    type,
    messageId: uuid(),
    timestamp: new Date().toISOString(),
    anonymousId: anonymousId(),
    userId: read("user"),
    context: context(more),
    ...fields,
  };
  add(message);
}

export function identify(user, traits) {
  if (user && typeof user === "object") [user, traits] = [undefined, user];
  if (user && !refused()) write("user", String(user));
  say("identify", { traits: traits || {} });
}

export function track(event, properties, more) {
  say("track", { event, properties: properties || {} }, more);
}

export function page(name, properties) {
  if (name && typeof name === "object") [name, properties] = [undefined, name];
  say("page", { name, properties: properties || {} });
}

export function group(groupId, traits) {
  say("group", { groupId, traits: traits || {} });
}

export function alias(userId) {
  say("alias", { userId, previousId: anonymousId() });
}

// A person leaves the device: the next one is somebody else.
export function reset() {
  forget("id", "user");
}

export function consent(given, wording) {
  const before = allowed();
  if (!decide(given === true) || (before && !wording)) return;
  const proof = { purpose: "tracking", given: true, wording: wording || "" };
  say("identify", { traits: {} }, { consent: [proof] });
}
