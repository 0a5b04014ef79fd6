/** How Chart.js is set up: only the parts needed, no animation, axes of a fixed width. */

import { Chart, PointElement } from "chart.js";
import { Axis } from "./chartAxis.js";
import { Bars, Lines } from "./chartSeries.js";

Chart.register(Axis, Bars, Lines, PointElement);

/** Room for the labels of the y axis. It is the same in all charts, so that their x axes are too. */
const Y_WIDTH = 46;
const X_HEIGHT = 28;
const TOP = 8;

const LINE_CLIP = { left: 0, right: 0, top: 4, bottom: 2 };

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
 * The datasets of one series. The bar of the open bucket is in one of its own: it has a colour of
 * its own. So is an area, below all lines.
 */
function datasets(label, index, { type, isFilled, isHidden }) {
  const hidden = isHidden(label);
  if (type === "bars") return [false, true].map((isOpen) => ({ label, data: [], hidden, clip: 0, isOpen }));
  // A lower order is drawn later: of lines that cross, the graver one is on top.
  const line = { label, data: [], hidden, clip: LINE_CLIP, order: -index };
  const area = { ...line, isArea: true, order: 1 };
  return isFilled ? [line, area] : [line];
}

/**
 * A chart without data, set up as it will be drawn. `type` is "bars" or "lines"; `isHidden(name)`
 * tells of a series whether it is; `onResize` is called when its room has changed.
 */
export function createChart(canvas, { type, isFilled, names, isHidden, colours, onResize }) {
  const chart = {
    type,
    data: {
      datasets: names.flatMap((name, index) => datasets(name, index, { type, isFilled, isHidden })),
    },
    options: {
      animation: false,
      events: [],
      layout: { autoPadding: false, padding: { top: TOP } },
      maintainAspectRatio: false,
      onResize: () => queueMicrotask(onResize),
      responsive: true,
      scales: {
        x: { type: "axis", size: X_HEIGHT, ticks: {}, grid: {} },
        y: { type: "axis", size: Y_WIDTH, ticks: {}, grid: {} },
      },
    },
  };
  colourChart(chart, colours);
  return new Chart(canvas, chart);
}

function alphaOf({ isArea, isOpen }, { fillAlpha, openAlpha, barAlpha }) {
  return isArea ? fillAlpha : isOpen ? openAlpha : barAlpha;
}

/** Give a chart its colours; once it is made, it has to be updated. */
export function colourChart(chart, colours) {
  const { x, y } = chart.options.scales;
  x.ticks.color = y.ticks.color = colours.label;
  x.ticks.family = y.ticks.family = colours.font;
  y.grid.color = colours.grid;
  for (const dataset of chart.data.datasets) {
    dataset.borderColor = colours.series[dataset.label];
    dataset.backgroundColor = dataset.borderColor + alphaOf(dataset, colours);
  }
}
