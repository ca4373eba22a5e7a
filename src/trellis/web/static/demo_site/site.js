// What a visitor does in the demo shop, told to Trellis through t.js.

const CART = "farina.cart";
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

function readCart() {
  try {
    return JSON.parse(localStorage.getItem(CART)) ?? [];
  } catch {
    return [];
  }
}

function writeCart(items) {
  localStorage.setItem(CART, JSON.stringify(items));
  $("[data-cart-count]").value = items.length;
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

function showProduct(node) {
  const item = productOf(node);
  tell("track", "Product Viewed", facts(item));
  $("[data-add]", node).addEventListener("click", () => {
    writeCart([...readCart(), item]);
    tell("track", "Product Added", facts(item));
    $(".thanks", node).hidden = false;
  });
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

function watchReading(mark) {
  const opened = performance.now();
  const article = mark.closest("[data-article]");
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    setTimeout(() => {
      const seconds = Math.round((performance.now() - opened) / 1000);
      tell("track", "Page Read", { path: location.pathname, seconds });
      if (article) {
        const { article: id, topic } = article.dataset;
        tell("track", "Article Read", { article: id, topic });
      }
    }, 1500);
  });
  observer.observe(mark);
}

// ---- e-book ---------------------------------------------------------------------------

function offerEbook(button) {
  button.addEventListener("click", () => {
    tell("track", "E-book Downloaded", { title: button.dataset.ebook });
    button.nextElementSibling.hidden = false;
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

// ---- language -------------------------------------------------------------------------

// Once a visit: in which language to write, and what time it is where they are.
function introduce() {
  if (sessionStorage.getItem("farina.introduced")) return;
  sessionStorage.setItem("farina.introduced", "yes");
  const { language } = new Intl.Locale(navigator.language);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  tell("identify", { locale: language === "zh" ? "zh-Hans" : language, time_zone: timeZone });
}

introduce();
writeCart(readCart());
$$("[data-trellis-form]").forEach(thankFor);
$$("[data-product]").forEach(showProduct);
$$("[data-cart-page]").forEach(showCart);
$$("[data-read-to-the-end]").forEach(watchReading);
$$("[data-ebook]").forEach(offerEbook);
