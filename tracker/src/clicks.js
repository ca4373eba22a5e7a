// Clicks on elements that the page or the settings choose, links that lead away, downloads,
// and products: data-trellis-product='{"product_id": …}' with data-trellis-on="view", "add" …
import { anonymousId, track } from "./calls.js";
import { host, on, settings } from "./config.js";
import { clean } from "./place.js";

const FILE = /\.(pdf|zip|rar|7z|gz|docx?|xlsx?|pptx?|odt|ods|csv|epub|mp3|mp4|mov|dmg|exe|apk|ics)$/i;
const PRODUCT = {
  view: "Product Viewed",
  add: "Product Added",
  remove: "Product Removed",
  wish: "Product Added to Wishlist",
  unwish: "Product Removed from Wishlist",
};

const textOf = (node) => node.textContent.trim().replace(/\s+/g, " ").slice(0, 80);

function product(node) {
  const about = node.closest("[data-trellis-product]");
  const event = PRODUCT[node.dataset.trellisOn];
  if (!about || !event || !on("products")) return;
  try {
    track(event, JSON.parse(about.dataset.trellisProduct));
  } catch {
    console.warn("trellis: data-trellis-product is not JSON", about);
  }
}

// The visitor's id goes along to a hosted form, which knows them by it.
function takeAlong(link) {
  const id = anonymousId();
  const url = new URL(link.href);
  if (id) url.searchParams.set("aid", id);
  link.href = url.href;
}

function follow(link) {
  if (link.href.startsWith(host + "/f/")) return takeAlong(link);
  const { protocol, hostname, pathname } = link;
  const text = textOf(link);
  if (protocol === "mailto:" || protocol === "tel:") {
    if (on("links")) track("Link Followed", { kind: protocol.slice(0, -1), text });
  } else if (/^http/.test(protocol)) {
    const { href } = clean(link.href);
    const file = pathname.split("/").pop();
    const kept = link.hasAttribute("download") || FILE.test(file);
    if (kept && on("downloads")) track("File Downloaded", { file: link.download || file, url: href, text });
    else if (hostname !== location.hostname && on("links")) track("Link Followed", { kind: "web", host: hostname, url: href.split("?")[0], text });
  }
}

function chosen(target) {
  const marked = target.closest("[data-trellis-click]");
  if (marked) return [marked, marked.dataset.trellisClick];
  for (const [selector, name] of settings.clicks || []) {
    try {
      const found = target.closest(selector);
      if (found) return [found, name];
    } catch {
      // No browser understands this selector.
    }
  }
  return [];
}

export function watchClicks() {
  document.addEventListener(
    "click",
    ({ target }) => {
      if (!target.closest) return;
      const [element, name] = chosen(target);
      if (element && on("clicks")) track("Element Clicked", { element: name || textOf(element), text: textOf(element) });
      const act = target.closest("[data-trellis-on]:not([data-trellis-on=view])");
      if (act) product(act);
      const link = target.closest("a[href]");
      if (link) follow(link);
    },
    true,
  );
  const viewed = (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      sight.unobserve(target);
      product(target);
    }
  };
  const sight = new IntersectionObserver(viewed);
  const find = () => document.querySelectorAll("[data-trellis-on=view]").forEach((node) => sight.observe(node));
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", find);
  else find();
}
