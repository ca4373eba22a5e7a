// A list that grows at its top: asks for what is newer than its first row while it is seen.
export function start(list) {
  const every = 4000;
  async function ask() {
    if (!list.isConnected) return;
    const first = list.querySelector("[data-position]");
    if (document.visibilityState === "visible" && first) {
      const url = new URL(list.dataset.url, location.href);
      url.searchParams.set("since", first.dataset.position);
      const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (answer?.status === 200) {
        const piece = document.createElement("template");
        piece.innerHTML = await answer.text();
        const top = list.querySelector(".day");
        const same = piece.content.querySelector(".day");
        if (top && same && same.textContent === top.textContent) top.remove();
        list.prepend(piece.content);
      }
    }
    setTimeout(ask, every);
  }
  setTimeout(ask, every);
}
