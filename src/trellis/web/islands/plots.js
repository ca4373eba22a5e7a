// Draws the plots of a page with ECharts, in the colours of the theme.
// <div data-plot="line|bar|area" data-source="#id of a JSON script">: {labels, series: [{name, data}]}.
// "step" holds each value until the next one; "marks" of a series puts dots on some of its points;
// "max" ends the upright axis (100 for shares).
// "notes" (index: text) stands in the tooltip. "area" stacks its series, from pale to strong in their order.
const source = document.querySelector("meta[name=echarts]")?.content;
let library;
function load() {
  library ??= new Promise((ready, fail) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => ready(globalThis.echarts);
    script.onerror = fail;
    document.head.append(script);
  });
  return library;
}
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
function ramp(from, to, n) {
  const a = parts(from), b = parts(to);
  return Array.from({ length: n }, (_, i) => `rgb(${a.map((x, k) => Math.round(x + ((b[k] - x) * i) / Math.max(1, n - 1)))})`);
}

function option(shape, data) {
  const area = shape === "area", kind = area ? "line" : shape;
  const muted = colour("--t-muted"), line = colour("--t-line"), ink = colour("--t-ink");
  const tones = area ? ramp(colour("--t-ramp-from"), colour("--t-ramp-to"), data.series.length) : [colour("--t-leaf"), colour("--t-cold"), colour("--t-green-line")];
  return {
    animation: false,
    color: tones,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: muted },
    grid: { left: 4, right: 8, top: 10, bottom: 2, containLabel: true },
    tooltip: { trigger: "axis", confine: true, backgroundColor: colour("--t-surface"), borderColor: line, textStyle: { color: ink, fontSize: 13 }, ...(data.notes ? { formatter: (found) => [found[0].axisValueLabel, `${found[0].seriesName}: <b>${found[0].value}</b>`, ...(data.notes[found[0].dataIndex] ?? []).map((text) => echarts.format.encodeHTML(text))].join("<br>") } : {}), axisPointer: { type: kind === "bar" ? "shadow" : "line", shadowStyle: { opacity: 0.06 } } },
    xAxis: { type: "category", data: data.labels, boundaryGap: kind === "bar", axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: { color: muted, hideOverlap: true, fontSize: 12 } },
    yAxis: { type: "value", max: data.max, interval: data.max ? data.max / 4 : undefined, minInterval: 1, splitNumber: 3, splitLine: { lineStyle: { color: line } }, axisLabel: { color: muted, fontSize: 12 } },
    series: data.series.map((one, index) => ({
      name: one.name, type: kind, symbol: "none", smooth: data.step ? false : 0.25, step: data.step && !one.thin ? "end" : false, barMaxWidth: 28,
      data: one.marks ? one.data.map((value, at) => (at in one.marks ? { value, symbol: "circle", symbolSize: 9, itemStyle: { color: colour(one.marks[at]), borderColor: colour("--t-surface"), borderWidth: 1.5 } } : value)) : one.data,
      ...(one.marks ? { showSymbol: true, showAllSymbol: true } : {}), silent: Boolean(one.thin),
      lineStyle: one.thin ? { width: 1, type: "dashed" } : { width: 2 }, itemStyle: { borderRadius: kind === "bar" ? [3, 3, 0, 0] : 0 },
      ...(area ? { stack: "all", smooth: false, lineStyle: { width: 0.5 } } : {}),
      areaStyle: area ? { opacity: 0.92 } : kind === "line" && index === 0 ? { opacity: 0.12 } : undefined,
    })),
  };
}

// The simple build of ECharts has no legend: a list above the plot names its series.
function legend(spot, data, tones) {
  const old = spot.previousElementSibling?.matches(".plot-legend") ? spot.previousElementSibling : null;
  const list = document.createElement("ul");
  list.className = "plot-legend";
  list.setAttribute("aria-hidden", "true");
  data.series.forEach((one, index) => {
    const item = document.createElement("li"), sign = document.createElement("i");
    sign.style.background = tones[index % tones.length];
    item.append(sign, one.name);
    list.append(item);
  });
  old?.remove();
  if (data.series.length > 1) spot.before(list);
}

export function draw(spot, before) {
  const data = JSON.parse(document.querySelector(spot.dataset.source).textContent);
  const holder = before ?? { dispose: () => holder.chart?.dispose() };
  load().then((echarts) => {
    holder.chart ??= echarts.init(spot, null, { renderer: "canvas" });
    const found = option(spot.dataset.plot, data);
    holder.chart.setOption(found, true);
    legend(spot, data, found.color);
    if (!holder.watch) {
      holder.watch = new ResizeObserver(() => holder.chart.resize());
      holder.watch.observe(spot);
    }
  });
  return holder;
}
