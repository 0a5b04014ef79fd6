/** One chart with its legend, unit, y axis and table; the time axis is given to it. */

import {
  dataset,
  errorRateOf,
  ERRORS,
  gridLines,
  largest,
  latencyOf,
  QUANTILES,
  rateOf,
  rateUnit,
  STATUSES,
  steadyMax,
} from "./chartData.js";
import { colourChart, createChart } from "./chartOptions.js";
import { createDataTable } from "./dataTable.js";
import { axisLabel, digits, formatNumber, THIN_SPACE } from "./numberFormat.js";

/**
 * What differs between the charts. Values are drawn times `factor`, in which `limits` of the
 * y axis are given, too; `unit` names them, `label` writes them on the axis, `text` anywhere else.
 */
const KINDS = {
  throughput: {
    type: "bars",
    names: STATUSES,
    valueOf: rateOf,
    limits: { atLeast: 3 },
    describe(list) {
      const { name, factor, short } = rateUnit(list);
      return {
        factor,
        unit: () => `${name} by status`,
        label: axisLabel,
        text: (value) => digits(value * factor) + THIN_SPACE + short,
      };
    },
  },
  errors: {
    type: "lines",
    isFilled: true,
    names: ERRORS,
    valueOf: errorRateOf,
    limits: { atLeast: 3, atMost: 100 },
    describe: () => ({
      factor: 100,
      unit: () => "% of requests",
      label: (value) => axisLabel(value) + THIN_SPACE + "%",
      text: (value) => formatNumber("percent", value),
    }),
  },
  latency: {
    type: "lines",
    names: QUANTILES,
    valueOf: latencyOf,
    limits: { atLeast: 3 },
    describe: () => ({
      factor: 1000,
      unit: (max) => (max > 1000 ? "s" : "ms"),
      label: (value, max) => axisLabel(max > 1000 ? value / 1000 : value),
      text: (value) => formatNumber("seconds", value),
    }),
  },
};

/** The gap between bars that are so many pixels apart. */
function gap(width) {
  return width >= 14 ? 3 : width >= 6 ? 2 : width >= 3 ? 1 : 0;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * `hidden` holds the ids of series that are switched off, as `throughput.4xx`; `colours` are those
 * of the theme that is on.
 */
export function createCard(article, { hidden, colours, onToggle, onResize, onOpen }) {
  const key = article.dataset.chart;
  const kind = KINDS[key];
  const name = article.querySelector("h2").textContent;
  const plot = article.querySelector("[data-plot]");
  const unit = article.querySelector("[data-unit]");
  const legend = [...article.querySelectorAll(".legend [data-series]")];
  const table = createDataTable(
    article.querySelector(".chart-table"),
    article.querySelector("[data-table-toggle]"),
    { name, onOpen },
  );
  let scale = null; // the y axis as steadyMax has it
  let words = kind.describe([]);
  let hasOther = false;
  let isSetUp = true; // as to colours, and which series are there

  const isShown = (series) => !hidden.has(`${key}.${series}`);
  const isUsed = (series) => series !== "other" || hasOther;
  const used = () => kind.names.filter(isUsed);
  const shown = () => used().filter(isShown);
  const isHidden = (series) => !shown().includes(series);

  const chart = createChart(plot.querySelector("canvas"), { ...kind, isHidden, colours, onResize });
  plot.chart = chart; // at hand in the browser's console, and for the browser tests

  function showLegend() {
    for (const button of legend) {
      button.setAttribute("aria-pressed", String(isShown(button.dataset.series)));
      button.hidden = !isUsed(button.dataset.series);
    }
  }

  function fitY({ list, step, now }) {
    const described = kind.describe(list);
    if (described.factor !== words.factor) scale = null;
    words = described;
    const names = shown();
    const values = (bucket) => names.map((series) => kind.valueOf(bucket, series) ?? 0);
    const height = kind.type === "bars" ? (all) => all.reduce((a, b) => a + b, 0) : (all) => Math.max(0, ...all);
    const most = largest(list, step, (bucket) => height(values(bucket))) * words.factor;
    scale = steadyMax(scale, most, kind.limits, now);
    const ticks = gridLines(scale.max).map((value) => ({ value, label: words.label(value, scale.max) }));
    chart.scales.y.show({ min: 0, max: scale.max, ticks });
    setText(unit, words.unit(scale.max));
  }

  function fill({ list, step, min, max }) {
    const open = list.findIndex(({ isOpen }) => isOpen);
    const { left, right } = chart.chartArea;
    const width = ((right - left) * step) / (max - min);
    for (const set of chart.data.datasets) {
      const own = kind.type === "bars" ? list.filter(({ isOpen }) => isOpen === set.isOpen) : list;
      set.data = dataset(own, step, kind.valueOf, set.label, words.factor);
      set.width = Math.max(1, width - gap(width));
      set.open = open;
      if (isHidden(set.label) !== set.hidden) isSetUp = false;
      set.hidden = isHidden(set.label);
    }
  }

  function draw(frame) {
    const other = kind.names.includes("other") && frame.list.some(({ point }) => point?.other > 0);
    if (other !== hasOther) {
      hasOther = other;
      showLegend();
    }
    fitY(frame);
    fill(frame);
    chart.scales.x.show(frame.x);
    if (isSetUp) chart.draw();
    else chart.update("none");
    isSetUp = true;
  }

  const listening = new AbortController();
  for (const button of legend) {
    button.addEventListener(
      "click",
      () => {
        scale = null;
        onToggle(`${key}.${button.dataset.series}`);
      },
      { signal: listening.signal },
    );
  }
  showLegend();

  return {
    plot,
    draw,
    showLegend,
    /** Left and right end of the time axis on the plot, in pixels. */
    get area() {
      const { left, right } = chart.chartArea;
      return { left, right };
    },
    /** Forget the y axis: another view is shown. */
    reset: () => (scale = null),
    recolour(changed) {
      colourChart(chart, changed);
      isSetUp = false;
    },
    /** A bucket's values as text. */
    values: (bucket) => ({
      name,
      values: used().map((series) => ({
        name: series,
        text: valueText(bucket, series),
        isShown: isShown(series),
      })),
    }),
    fillTable(list, titleOf) {
      if (!table.isOpen) return;
      const rows = list.map((bucket) => ({
        title: titleOf(bucket),
        texts: used().map((series) => valueText(bucket, series)),
      }));
      table.show(used(), rows.reverse());
    },
    destroy() {
      listening.abort();
      table.destroy();
      chart.destroy();
    },
  };

  function valueText(bucket, series) {
    const value = kind.valueOf(bucket, series);
    return value === null ? formatNumber("seconds", null) : words.text(value);
  }
}
