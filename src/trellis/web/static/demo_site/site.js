// What a visitor does in the demo shop, told to Trellis through t.js.

const CART = "farina.cart";
const WISHES = "farina.wishes";
const ASKED = "farina.asked";
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// t.js may load after this module: until then calls wait in a list that it works off.
function tell(method, ...args) {
  const tracker = (window.trellis ||= []);
  if (typeof tracker[method] === "function") tracker[method](...args);
  else tracker.push([method, ...args]);
}

const euro = (amount) =>
  new Intl.NumberFormat(navigator.language, {
    style: "currency",
    currency: document.body.dataset.currency,
  }).format(amount);

// ---- the cart -------------------------------------------------------------------------

function kept(list) {
  try {
    return JSON.parse(localStorage.getItem(list)) ?? [];
  } catch {
    return [];
  }
}

const readCart = () => kept(CART);
const readWishes = () => kept(WISHES);

function writeCart(items) {
  localStorage.setItem(CART, JSON.stringify(items));
  $("[data-cart-count]").value = items.length;
}

function writeWishes(items) {
  localStorage.setItem(WISHES, JSON.stringify(items));
  $("[data-wish-count]").value = items.length;
}

const facts = ({ product_id, name, category, price, path }) => ({
  product_id,
  name,
  category,
  price,
  path,
  currency: document.body.dataset.currency,
});

function productOf(node) {
  const { product, name, category, price, path } = node.dataset;
  return { product_id: product, name, category, price: Number(price), path };
}

// That it was seen, added or wished for, t.js tells by the marks in the page.
function showProduct(node) {
  const item = productOf(node);
  const thanks = $(".thanks", node);
  const thank = (text) => {
    thanks.textContent = text;
    thanks.hidden = false;
  };
  $("[data-add]", node).addEventListener("click", () => {
    writeCart([...readCart(), item]);
    thank("It is in your cart.");
  });
  const wish = $("[data-wish]", node);
  const wished = () => readWishes().some(({ product_id }) => product_id === item.product_id);
  const draw = () => {
    wish.textContent = wished() ? "Take off the wish list" : "Put on the wish list";
    wish.dataset.trellisOn = wished() ? "unwish" : "wish";
  };
  wish.addEventListener("click", () => {
    const others = readWishes().filter(({ product_id }) => product_id !== item.product_id);
    const was = wished();
    writeWishes(was ? others : [...others, item]);
    thank(was ? "Taken off your wish list." : "It is on your wish list.");
    draw();
  });
  draw();
}

function showWishes(page) {
  const items = readWishes();
  const table = $("[data-wish-table]", page);
  for (const { name, path, price } of items) {
    const row = $("tbody", table).insertRow();
    const link = document.createElement("a");
    link.href = path;
    link.textContent = name;
    row.insertCell().append(link);
    const cell = row.insertCell();
    cell.className = "price";
    cell.textContent = euro(price);
  }
  table.hidden = items.length === 0;
  $("[data-wish-empty]", page).hidden = items.length > 0;
}

function cartRow(item, index, redraw) {
  const row = document.createElement("tr");
  const name = row.insertCell();
  name.textContent = item.name;
  const price = row.insertCell();
  price.className = "price";
  price.textContent = euro(item.price);
  const remove = document.createElement("button");
  remove.className = "link";
  remove.textContent = "Remove";
  remove.setAttribute("aria-label", `Remove ${item.name}`);
  remove.addEventListener("click", () => {
    writeCart(readCart().filter((_, place) => place !== index));
    tell("track", "Product Removed", facts(item));
    redraw();
  });
  row.insertCell().append(remove);
  return row;
}

function showCart(page) {
  const table = $("[data-cart-table]", page);
  const checkout = $("[data-checkout]", page);
  const total = (items) => Math.round(items.reduce((sum, item) => sum + item.price, 0) * 100) / 100;
  const draw = () => {
    const items = readCart();
    $("tbody", table).replaceChildren(...items.map((item, index) => cartRow(item, index, draw)));
    $("[data-cart-total]", table).textContent = euro(total(items));
    table.hidden = checkout.hidden = items.length === 0;
    $("[data-cart-empty]", page).hidden = items.length > 0;
  };
  checkout.addEventListener("submit", (event) => {
    event.preventDefault();
    const items = readCart();
    const amount = total(items);
    tell("identify", { email: checkout.elements.email.value });
    tell("track", "Order Completed", {
      order_id: crypto.randomUUID().slice(0, 8),
      total: amount,
      value: amount,
      currency: document.body.dataset.currency,
      products: items.map((item) => item.product_id),
      courses: items.some((item) => item.category === "courses"),
    });
    writeCart([]);
    draw();
    $("[data-cart-empty]", page).hidden = true;
    $("[data-ordered]", page).hidden = false;
  });
  draw();
}

// ---- reading --------------------------------------------------------------------------

// t.js says when a page was read to its end; an article also says which it was.
document.addEventListener("trellis", ({ detail }) => {
  const article = $("[data-article]");
  if (detail.event !== "Page Read" || !article) return;
  tell("track", "Article Read", { article: article.dataset.article, topic: article.dataset.topic });
});

// ---- e-book ---------------------------------------------------------------------------

function offerEbook(link) {
  link.addEventListener("click", () => {
    tell("track", "E-book Downloaded", { title: link.dataset.ebook });
    link.nextElementSibling.hidden = false;
  });
}

// ---- forms ----------------------------------------------------------------------------

// t.js hears the submit event and sends the fields; the page only says thank you.
function thankFor(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    $(".thanks", form).hidden = false;
    $("button", form).disabled = true;
  });
}

// ---- consent --------------------------------------------------------------------------

// The site counts until somebody says no. The banner asks once; the footer asks again.
function askConsent(banner) {
  const ask = (again) => (banner.hidden = !again && localStorage.getItem(ASKED) !== null);
  for (const button of $$("[data-consent-answer]", banner)) {
    button.addEventListener("click", () => {
      const wording = $("[data-consent-wording]", banner).textContent;
      tell("consent", { tracking: button.dataset.consentAnswer === "yes", wording });
      localStorage.setItem(ASKED, "yes");
      banner.hidden = true;
    });
  }
  $("[data-consent-again]").addEventListener("click", () => {
    ask(true);
    banner.scrollIntoView();
  });
  ask(false);
}

askConsent($("[data-consent-banner]"));
writeCart(readCart());
writeWishes(readWishes());
$$("[data-trellis-form]").forEach(thankFor);
$$("[data-product]").forEach(showProduct);
$$("[data-cart-page]").forEach(showCart);
$$("[data-wish-page]").forEach(showWishes);
$$("[data-ebook]").forEach(offerEbook);
