/** One chart with its legend, unit, y axis and table; the time axis is given to it. */

import {
  dataset,
  errorRateOf,
  ERRORS,
  gridLines,
  isLonely,
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

const DOT = 2;
const DASH = [3, 3];

/**
 * What differs between the charts. Values are drawn times `factor`, in which `limits` of the
 * y axis are given, too; `unit` names them, `label` writes them on the axis, `text` anywhere else.
 */
const KINDS = {
  throughput: {
    type: "bar",
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
    type: "line",
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
    type: "line",
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

/** `hidden` holds the ids of series that are switched off, as `throughput.4xx`. */
export function createCard(article, { hidden, xTicks, onToggle, onResize, onOpen }) {
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
  let yTicks = [];
  let hasOther = false;
  let isColoured = false;

  const chart = createChart(plot.querySelector("canvas"), {
    ...kind,
    xTicks,
    yTicks: () => yTicks,
    onResize,
  });
  plot.chart = chart; // at hand in the browser's console, and for the browser tests

  const isShown = (series) => !hidden.has(`${key}.${series}`);
  const isUsed = (series) => series !== "other" || hasOther;
  const used = () => kind.names.filter(isUsed);
  const shown = () => used().filter(isShown);

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
    const height = kind.type === "bar" ? (all) => all.reduce((a, b) => a + b, 0) : (all) => Math.max(0, ...all);
    const most = largest(list, step, (bucket) => height(values(bucket))) * words.factor;
    scale = steadyMax(scale, most, kind.limits, now);
    yTicks = gridLines(scale.max).map((value) => ({ value, text: words.label(value, scale.max) }));
    chart.options.scales.y.max = scale.max;
    unit.textContent = words.unit(scale.max);
  }

  function fill({ list, step, min, max }) {
    const open = list.findIndex(({ isOpen }) => isOpen);
    const { left, right } = chart.chartArea;
    const width = ((right - left) * step) / (max - min);
    for (const set of chart.data.datasets) {
      const own = kind.type === "bar" ? list.filter(({ isOpen }) => isOpen === set.isOpen) : list;
      set.data = dataset(own, step, kind.valueOf, set.label, words.factor);
      set.hidden = !shown().includes(set.label);
      if (kind.type === "bar") {
        set.barThickness = Math.max(1, width - gap(width));
      } else if (!set.isArea) {
        const lonely = isLonely(set.data);
        set.pointRadius = lonely.includes(true) ? lonely.map((is) => (is ? DOT : 0)) : 0;
        set.segment = { borderDash: ({ p1DataIndex }) => (p1DataIndex === open ? DASH : undefined) };
      }
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
    Object.assign(chart.options.scales.x, { min: frame.min, max: frame.max });
    // In mode "none" Chart.js keeps the options that bars share as they first were.
    chart.update(isColoured ? "none" : "default");
    isColoured = true;
    const { x } = chart.scales;
    article.dataset.axis = [x.min, x.max, x.left, x.right].join(" ");
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
    colour(colours) {
      colourChart(chart, colours);
      isColoured = false;
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
