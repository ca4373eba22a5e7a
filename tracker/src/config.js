// What the script tag says.
const tag = document.currentScript || document.querySelector('script[src*="/t.js"][data-key]');
const data = tag ? tag.dataset : {};

export const host = tag && tag.src ? new URL(tag.src).origin : location.origin;
export const key = data.key || "";
export const asksConsent = data.consent === "required";
export const automatic = data.auto !== "off";
