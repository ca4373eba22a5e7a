// Where the visitor is: the page's address without what may be secret, and its campaign.
const SECRET = /pass|pwd|token|secret|auth|session|signature|^(code|key|otp|card|cc|cvv|cvc|iban|pin|trellis|email|e-?mail|phone|tel)$/i;
const PERSONAL = /@|^[\d\s-]{12,}$/;
const CAMPAIGN = /^utm_|^(gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|ttclid|twclid|li_fat_id|bd_vid)$/;

export function clean(address) {
  const url = new URL(address, location.href);
  for (const [name, value] of [...url.searchParams]) {
    if (!CAMPAIGN.test(name) && (SECRET.test(name) || PERSONAL.test(value))) url.searchParams.delete(name);
  }
  url.hash = url.username = url.password = "";
  return url;
}

// What marks a campaign in the address, as one text; empty where nothing does.
export function campaign() {
  const found = [...new URLSearchParams(location.search)].filter(([name]) => CAMPAIGN.test(name));
  return found.join("&").slice(0, 300);
}

export function describe(referrer) {
  const { href, pathname, search } = clean(location.href);
  return { url: href, path: pathname, referrer, title: document.title, search };
}
