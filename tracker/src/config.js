// What the script tag says, and the settings of its write key, which come with the script.
const tag = document.currentScript || document.querySelector('script[src*="/t.js"]');
const data = tag ? tag.dataset : {};
const source = new URL(tag && tag.src ? tag.src : location.href);

// The server wraps the script in a function with this parameter where the address names a key.
export const settings = typeof TRELLIS_SETTINGS === "object" ? TRELLIS_SETTINGS : {};
export const host = source.origin;
export const key = data.key || source.searchParams.get("key") || "";
export const asksConsent = data.consent === "required" || settings.consent === "opt_in";
export const cookieless = asksConsent && settings.before === "cookieless";

const off = settings.off || [];
export const on = (what) => data.auto !== "off" && !off.includes(what);
