// What is kept in the browser: local storage, else a cookie for what is short, else memory.
const PREFIX = "trellis.";
const YEAR = 31536000;
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
  try {
    const found = localStorage.getItem(PREFIX + name);
    if (found !== null) return JSON.parse(found);
  } catch {
    const found = document.cookie.match(new RegExp("(?:^|; )" + PREFIX + name + "=([^;]*)"));
    if (found) return decodeURIComponent(found[1]);
  }
  return memory[name];
}

export function write(name, value) {
  if (!lasting) {
    memory[name] = value;
    return;
  }
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    memory[name] = value;
    if (typeof value === "string") setCookie(name, value, YEAR);
  }
}

export function forget(...names) {
  for (const name of names) {
    delete memory[name];
    try {
      localStorage.removeItem(PREFIX + name);
    } catch {
      setCookie(name, "", 0);
    }
  }
}

function setCookie(name, value, seconds) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const text = PREFIX + name + "=" + encodeURIComponent(value);
  document.cookie = text + "; Path=/; SameSite=Lax; Max-Age=" + seconds + secure;
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
