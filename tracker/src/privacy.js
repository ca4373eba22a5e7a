// What the visitor allows. "yes": everything; "no": nothing; "ask": keep in memory until the
// visitor answers; "less": until then, send what carries no id and store nothing.
import { asksConsent, cookieless } from "./config.js";
import { answered, forget, keepAnswer, setLasting } from "./store.js";

const refuses = navigator.globalPrivacyControl === true || navigator.doNotTrack === "1" || window.doNotTrack === "1";
const KEPT = ["id", "user", "visit", "seen", "queue"];

let state = "ask";

export const allowed = () => state === "yes";
export const refused = () => state === "no";
export const sparing = () => state === "less";
export const answer = () => state;

export function begin() {
  const before = answered();
  if (refuses || before === "0") state = "no";
  else if (!asksConsent || before === "1") state = "yes";
  else if (cookieless) state = "less";
  setLasting(allowed());
}

// Take the visitor's answer. A browser that refuses for all sites is not overruled.
export function decide(given) {
  if (refuses) return false;
  keepAnswer(given);
  state = given ? "yes" : "no";
  if (!given) forget(...KEPT);
  setLasting(given);
  return given;
}

// A person leaves the device: the next one is somebody else.
export function reset() {
  forget("id", "user", "visit", "seen");
}
