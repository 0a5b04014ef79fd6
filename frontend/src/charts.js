/** The three charts as one: one time axis, one crosshair, one tooltip. */

import { createCard } from "./chartCard.js";
import { buckets, dropOld, ERRORS, mergePoints, QUANTILES, STATUSES } from "./chartData.js";
import { readColours } from "./chartOptions.js";
import { createCrosshair } from "./crosshair.js";
import { formatSpan, formatTick, offset, onZoneChange, zone } from "./timeFormat.js";
import { createTooltip } from "./tooltip.js";
import { axis, bucketAt, ticks, tickStep, zoomSpan } from "./timeWindow.js";

const KEY = "logwatcher.series.off";
const SERIES = [...new Set([...STATUSES, ...ERRORS, ...QUANTILES])];

/** A label of the time axis nearer to its right end is left out, in pixels. */
const EDGE = 22;
/** A window that slid by less, in pixels, is drawn anew only once a second. */
const SMALLEST_SLIDE = 1;
const OPEN_TABLE_EVERY = 1;
/** What is live is drawn the less often the more points there are: this much later for each, in ms. */
const REST_PER_POINT = 1.4;

function loadHidden() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    return new Set();
  }
}

function saveHidden(hidden) {
  try {
    localStorage.setItem(KEY, JSON.stringify([...hidden]));
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/**
 * Draw into `section` (#charts). `onZoom(from, to)` gets whole seconds; `onZoomOut()` is the wish
 * to go back. Times given in are seconds by the server's clock.
 */
export function createCharts(section, { onZoom, onZoomOut }) {
  const hidden = loadHidden();
  const tooltip = createTooltip(section.querySelector("[data-tooltip]"));
  let series = null;
  let points = new Map();
  let now = 0;
  let frame = null; // what is drawn: {min, max, step, now, list, x}
  let tableAt = 0;
  let pending = 0;
  let drawnAt = 0;
  let resting = null;

  const colours = readColours(SERIES);
  const cards = [...section.querySelectorAll("[data-chart]")].map((article) =>
    createCard(article, { hidden, colours, onToggle, onResize: redraw, onOpen: fillTables }),
  );
  const crosshair = createCrosshair(
    cards.map(({ plot }) => plot),
    { area, onMove, onSelect, onLeave: onZoomOut },
  );
  const stopListening = onZoneChange(redraw);

  function onToggle(id) {
    if (!hidden.delete(id)) hidden.add(id);
    saveHidden(hidden);
    for (const card of cards) card.showLegend();
    redraw();
  }

  /** Draw once, however often this is called before the browser paints. */
  function redraw() {
    if (series && !pending) pending = requestAnimationFrame(draw);
  }

  /** Draw what came by itself; what the viewer does is drawn at once, by `redraw`. */
  function redrawSoon() {
    const rest = drawnAt + frame.list.length * REST_PER_POINT - performance.now();
    if (rest <= 0) return redraw();
    resting ??= setTimeout(() => {
      resting = null;
      redraw();
    }, rest);
  }

  function draw() {
    pending = 0;
    drawnAt = performance.now();
    const { step } = series;
    const { min, max } = axis(series, now);
    frame = { min, max, step, now, list: buckets(series, points, now) };
    frame.x = { min, max, ticks: labelledTicks() };
    for (const card of cards) card.draw(frame);
    const shown = frame.list.filter(({ point, end }) => point && end > min);
    section.toggleAttribute("data-empty", !shown.length);
    section.toggleAttribute("data-untimed", shown.length > 0 && shown.every(({ point }) => point.p50 === null));
    crosshair.draw();
    if (Math.abs(now - tableAt) >= OPEN_TABLE_EVERY) fillTables();
  }

  function labelledTicks() {
    const { left, right } = cards[0].area;
    const { min, max } = frame;
    const shown = zone();
    const every = tickStep(frame, right - left);
    return ticks(frame, every, (time) => offset(time, shown))
      .filter((time) => ((max - time) / (max - min)) * (right - left) >= EDGE)
      .map((value) => ({ value, label: formatTick(value, every, shown) }));
  }

  function fillTables() {
    if (!frame) return;
    tableAt = now;
    const list = frame.list.filter(({ end }) => end > frame.min);
    for (const card of cards) card.fillTable(list, titleOf);
  }

  function titleOf({ start, end, isOpen }) {
    return formatSpan(start, end, now, zone()) + (isOpen ? " (open)" : "");
  }

  function area() {
    if (!frame) return null;
    const { min, max, step } = frame;
    const last = bucketAt(Math.min(max, Math.max(min, now)), step);
    return { ...cards[0].area, min, max, step, last: last < max ? last : last - step };
  }

  function onMove(start, plot, x, byKey) {
    const bucket = start === null ? null : frame.list.find((each) => each.start === start);
    if (!bucket) return tooltip.hide();
    const groups = cards.map((card) => card.values(bucket));
    tooltip.show({ title: titleOf(bucket), groups });
    const outer = section.getBoundingClientRect();
    const inner = plot.getBoundingClientRect();
    tooltip.place(inner.left - outer.left + x, inner.top - outer.top, outer.width);
    if (byKey) speak(plot, bucket, groups);
  }

  /** Tell a screen reader where the crosshair is: the plot is a slider over the buckets. */
  function speak(plot, bucket, groups) {
    const own = groups[cards.findIndex((card) => card.plot === plot)];
    const values = own.values.map(({ name, text }) => `${name} ${text}`).join(", ");
    plot.setAttribute("aria-valuemax", frame.list.length - 1);
    plot.setAttribute("aria-valuenow", frame.list.indexOf(bucket));
    plot.setAttribute("aria-valuetext", `${titleOf(bucket)}: ${values}`);
  }

  function onSelect(one, other) {
    const { from, to } = zoomSpan(one, other, now);
    crosshair.clear();
    onZoom(from, to);
  }

  return {
    /** Show another view: everything of the one before is forgotten. */
    setSeries(next) {
      series = next;
      points = mergePoints(new Map(), series.columns, series.points);
      now = series.now;
      frame = null;
      for (const card of cards) card.reset();
      cancelAnimationFrame(pending);
      draw();
    },
    /** Take the buckets of a frame of this view; each replaces the one it had. */
    merge(part) {
      if (!series || part.step !== series.step) return;
      mergePoints(points, series.columns, part.points);
      redrawSoon();
    },
    /** Slide to the present; cheap when nothing would move. */
    setNow(seconds) {
      if (!series) return;
      now = seconds;
      if (series.zoomed && frame.now >= series.to) return;
      dropOld(points, axis(series, now).min, series.step);
      const { left, right } = cards[0].area;
      const slide = ((now - frame.now) / (frame.max - frame.min)) * (right - left);
      if (Math.abs(slide) >= SMALLEST_SLIDE || Math.abs(now - frame.now) >= 1) redrawSoon();
    },
    /** Take the colours of the theme that is on now. */
    recolour() {
      const changed = readColours(SERIES);
      for (const card of cards) card.recolour(changed);
      redraw();
    },
    destroy() {
      cancelAnimationFrame(pending);
      clearTimeout(resting);
      stopListening();
      crosshair.destroy();
      for (const card of cards) card.destroy();
      tooltip.hide();
    },
  };
}
