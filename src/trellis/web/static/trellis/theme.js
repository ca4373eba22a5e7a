// Runs before the first paint: settles light or dark, so that no page flashes.
(() => {
  const root = document.documentElement;
  const wish = localStorage.getItem("trellis-theme") || root.dataset.bsTheme;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const settle = () => {
    const own = localStorage.getItem("trellis-theme") || wish;
    root.dataset.bsTheme = own === "light" || own === "dark" ? own : dark.matches ? "dark" : "light";
  };
  settle();
  dark.addEventListener("change", settle);
})();
