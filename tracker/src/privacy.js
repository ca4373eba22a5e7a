// What the visitor allows: "yes", "no", or "ask" (keep in memory, send nothing).
import { asksConsent } from "./config.js";
import { answered, forget, keepAnswer, setLasting } from "./store.js";

const refuses = navigator.globalPrivacyControl === true || navigator.doNotTrack === "1" || window.doNotTrack === "1";

let state = "ask";

export const allowed = () => state === "yes";
export const refused = () => state === "no";

export function begin() {
  const answer = answered();
  if (refuses || answer === "0") state = "no";
  else if (!asksConsent || answer === "1") state = "yes";
  setLasting(state === "yes");
}

// Take the visitor's answer. A browser that refuses for all sites is not overruled.
export function decide(given) {
  if (refuses) return false;
  keepAnswer(given);
  if (!given) forget("id", "user", "queue");
  state = given ? "yes" : "no";
  setLasting(given);
  return given;
}
