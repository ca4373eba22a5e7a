// What is kept in the browser: local storage, for the visitor's id a first-party cookie too,
// else memory.
import { settings } from "./config.js";

const PREFIX = "trellis.";
const YEAR = 31536000;
const ID = "id";
let memory = {};
let lasting = false;

// Until the visitor allows it, everything stays in memory and ends with the page.
export function setLasting(allowed) {
  lasting = allowed;
  if (!allowed) return;
  const kept = memory;
  memory = {};
  for (const name in kept) write(name, kept[name]);
}

export function read(name) {
  if (!lasting) return memory[name];
  const cookie = name === ID && document.cookie.match("(?:^|; )" + PREFIX + ID + "=([^;]*)");
  if (cookie) return decodeURIComponent(cookie[1]);
  try {
    const found = localStorage.getItem(PREFIX + name);
    if (found !== null) return JSON.parse(found);
  } catch {
    // Storage is shut, or holds what we did not write.
  }
  return memory[name];
}

export function write(name, value) {
  if (lasting && name === ID) setCookie(value, YEAR);
  if (lasting) {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify(value));
      return;
    } catch {
      // Memory has to do.
    }
  }
  memory[name] = value;
}

export function forget(...names) {
  for (const name of names) {
    delete memory[name];
    try {
      localStorage.removeItem(PREFIX + name);
    } catch {
      // There is nothing to remove.
    }
    if (name === ID && document.cookie.includes(PREFIX + ID + "=")) setCookie("", 0);
  }
}

function setCookie(value, seconds) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const domain = settings.domain ? "; Domain=" + settings.domain : "";
  const text = PREFIX + ID + "=" + encodeURIComponent(value) + domain + secure;
  document.cookie = text + "; Path=/; SameSite=Lax; Max-Age=" + seconds;
}

// Whether the visitor answered before. The answer itself may be kept without consent.
export function answered() {
  try {
    return localStorage.getItem(PREFIX + "consent");
  } catch {
    return null;
  }
}

export function keepAnswer(given) {
  try {
    localStorage.setItem(PREFIX + "consent", given ? "1" : "0");
  } catch {
    // Without storage the visitor is asked again.
  }
}
