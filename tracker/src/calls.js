// The messages of the Segment spec.
import { on } from "./config.js";
import { clean, describe } from "./place.js";
import { add, leave } from "./queue.js";
import { allowed, answer, decide, refused, sparing } from "./privacy.js";
import { read, write } from "./store.js";
import { visit } from "./visits.js";

const LIBRARY = { name: "t.js", version: "2.0" };

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function anonymousId() {
  if (refused() || sparing()) return "";
  return ownId();
}

function ownId() {
  let id = read("id");
  if (!id) write("id", (id = uuid()));
  return id;
}

let came_from = document.referrer && clean(document.referrer).href;
let shown;

// The page as it was when its view was told; what happens on it belongs to it, also when a
// single-page application has moved on already.
const here = () => shown || describe(came_from);

// In a single-page application the page before is the referrer.
export function moved() {
  if (shown) came_from = shown.url;
  shown = undefined;
}

// Without consent: no id, no session, nothing about the device.
const bareContext = (more) => ({ library: LIBRARY, page: here(), cookieless: true, ...more });

function fullContext(session, more) {
  return {
    library: LIBRARY,
    page: here(),
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width, touch: navigator.maxTouchPoints > 0 },
    sessionId: session.id,
    sessionStart: session.fresh,
    visit: session.n,
    automated: navigator.webdriver || undefined,
    ...more,
  };
}

// ``asked``: the visitor sends it himself (a form), so it goes out whatever else is allowed.
function say(type, fields, more, asked) {
  const counted = sparing() && (type === "page" || type === "track");
  const bare = counted || (asked && !allowed());
  if (refused() && !bare) return;
  const message = { type, messageId: uuid(), timestamp: new Date().toISOString() };
  if (bare) {
    add({ ...message, context: bareContext(more), ...fields });
    return;
  }
  const session = visit();
  const who = { anonymousId: ownId(), userId: read("user") };
  add({ ...message, ...who, context: fullContext(session, more), ...fields });
  if (session.fresh && session.n > 1 && on("returns")) {
    track("Visitor Returned", { visit: session.n, days: session.days });
  }
}

export function identify(user, traits, more) {
  if (user && typeof user === "object") [user, traits] = [undefined, user];
  if (user && !refused()) write("user", String(user));
  say("identify", { traits: traits || {} }, more);
}

export function track(event, properties, more, asked) {
  say("track", { event, properties: properties || {} }, more, asked);
  document.dispatchEvent(new CustomEvent("trellis", { detail: { event, properties } }));
}

export function page(name, properties) {
  if (name && typeof name === "object") [name, properties] = [undefined, name];
  shown = describe(came_from);
  say("page", { name, properties: properties || {} });
}

export function group(groupId, traits) {
  say("group", { groupId, traits: traits || {} });
}

export function alias(userId) {
  if (!refused()) say("alias", { userId, previousId: ownId() });
}

// Take answers ``{tracking: true | false, marketing: …, wording}``, or a plain yes or no to
// tracking. Returns what holds then: yes, no, ask or less.
export function consent(answers, said) {
  if (answers === undefined) return answer();
  const { wording = said || "", ...purposes } = typeof answers === "object" ? answers : { tracking: answers };
  const { tracking } = purposes;
  const was = allowed();
  if (tracking === was && !wording) delete purposes.tracking;
  const proofs = Object.entries(purposes)
    .filter(([, given]) => typeof given === "boolean")
    .map(([purpose, given]) => ({ purpose, given, wording }));
  const tell = () => proofs.length && identify({}, {}, { consent: proofs });
  if (tracking === false && was) {
    tell();
    leave();
  }
  if (typeof tracking === "boolean") decide(tracking);
  if (tracking !== false) tell();
  return answer();
}
