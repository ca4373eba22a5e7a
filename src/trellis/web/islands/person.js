// A field that names one contact or company: offers some while one types.
export function start(field) {
  const offers = field.list;
  let asked = "";
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, 200);
  });
  async function offer() {
    const text = field.value.trim();
    if (!text || text === asked || /\(#\d+\)$/.test(text)) return;
    asked = text;
    const url = new URL(field.dataset.people, location.href);
    url.searchParams.set("q", text);
    const answer = await fetch(url);
    if (!answer.ok || asked !== text) return;
    offers.replaceChildren(...(await answer.json()).map((row) => new Option("", said(row))));
  }
}

function said(row) {
  return `${row.label}${row.note ? ` · ${row.note}` : ""} (#${row.value})`;
}
