/** How Chart.js is set up: only the parts needed, no animation, axes of a fixed width. */

import {
  BarController,
  BarElement,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
} from "chart.js";

Chart.register(BarController, BarElement, Filler, LinearScale, LineController, LineElement, PointElement);

/** Room for the labels of the y axis. It is the same in all charts, so that their x axes are too. */
const Y_WIDTH = 46;
const X_HEIGHT = 28;
const TOP = 8;

const BAR = { inflateAmount: 0, clip: 0 };
const LINE = {
  borderWidth: 1.75,
  borderJoinStyle: "round",
  clip: { left: 0, right: 0, top: 4, bottom: 2 },
  cubicInterpolationMode: "monotone",
  pointHitRadius: 0,
  spanGaps: false,
};

/** An axis must not take room from the others when one of its labels hangs over. */
function fixed(side, size) {
  return (scale) => {
    scale[side] = size;
    scale.paddingLeft = scale.paddingRight = scale.paddingTop = scale.paddingBottom = 0;
  };
}

/** Colours as the style sheet has them now. */
export function readColours(names) {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    series: Object.fromEntries(names.map((name) => [name, read(`--series-${name}`)])),
    grid: read("--chart-grid"),
    label: read("--chart-label"),
    barAlpha: read("--chart-bar-alpha"),
    openAlpha: read("--chart-open-alpha"),
    fillAlpha: read("--chart-fill-alpha"),
    font: style.getPropertyValue("--bs-font-sans-serif"),
  };
}

/**
 * The datasets of one series. The bar of the open bucket is in one of its own: bars of one colour
 * are much cheaper. So is an area, below all lines: a line that changes to dashes is drawn in
 * pieces, and between pieces of an area a seam would show.
 */
function datasets(label, index, { type, isFilled }) {
  if (type === "bar") return [false, true].map((isOpen) => ({ label, data: [], ...BAR, isOpen }));
  // A lower order is drawn later: of lines that cross, the graver one is on top.
  const line = { label, data: [], ...LINE, order: -index };
  const area = { ...line, borderWidth: 0, fill: "origin", isArea: true, order: 1 };
  return isFilled ? [line, area] : [line];
}

/**
 * A chart without data. `xTicks` and `yTicks` return what to draw now: [{value, text}];
 * `onResize` is called when its room has changed.
 */
export function createChart(canvas, { type, isFilled, names, xTicks, yTicks, onResize }) {
  const labelled = (ticks) => ({
    afterBuildTicks: (scale) => (scale.ticks = ticks().map(({ value }) => ({ value }))),
    ticks: {
      autoSkip: false,
      callback: (_value, index) => ticks()[index]?.text ?? "",
      font: { size: 11 },
      maxRotation: 0,
      minRotation: 0,
      padding: 8,
    },
  });
  return new Chart(canvas, {
    type,
    data: {
      datasets: names.flatMap((name, index) => datasets(name, index, { type, isFilled })),
    },
    options: {
      animation: false,
      events: [],
      layout: { autoPadding: false, padding: { top: TOP } },
      maintainAspectRatio: false,
      normalized: true,
      onResize: () => queueMicrotask(onResize),
      parsing: false,
      responsive: true,
      elements: { point: { radius: 0 } },
      scales: {
        x: {
          type: "linear",
          offset: false,
          stacked: type === "bar",
          afterFit: fixed("height", X_HEIGHT),
          border: { display: false },
          grid: { display: false, offset: false },
          ...labelled(xTicks),
        },
        y: {
          type: "linear",
          min: 0,
          stacked: type === "bar",
          afterFit: fixed("width", Y_WIDTH),
          border: { display: false },
          grid: { drawTicks: false },
          ...labelled(yTicks),
        },
      },
    },
  });
}

function alphaOf({ isArea, isOpen }, { fillAlpha, openAlpha, barAlpha }) {
  return isArea ? fillAlpha : isOpen ? openAlpha : barAlpha;
}

/** Give a chart its colours; needed once, and when the theme changes. */
export function colourChart(chart, colours) {
  const { x, y } = chart.options.scales;
  x.ticks.color = y.ticks.color = colours.label;
  x.ticks.font.family = y.ticks.font.family = colours.font;
  y.grid.color = colours.grid;
  for (const dataset of chart.data.datasets) {
    const colour = colours.series[dataset.label];
    dataset.borderColor = dataset.pointBackgroundColor = dataset.pointBorderColor = colour;
    dataset.backgroundColor = colour + alphaOf(dataset, colours);
  }
}
