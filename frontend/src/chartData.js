/** What the charts show, worked out of a series' points: buckets, rates, gaps, and the y axes. */

import { PER_SECOND_FROM } from "./numberFormat.js";
import { axis, bucketStarts } from "./timeWindow.js";

export const STATUSES = ["2xx", "3xx", "4xx", "5xx", "other"];
export const ERRORS = ["4xx", "5xx"];
export const QUANTILES = ["p50", "p95", "p99"];

/** A time that an axis must have been too large before it shrinks, in seconds. */
const CALM = 10;
const ROUND = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** Points by their start. A point that comes again is the whole bucket anew, so it replaces. */
export function mergePoints(points, columns, rows) {
  for (const row of rows) {
    const point = Object.fromEntries(columns.map((name, index) => [name, row[index]]));
    point.other = point.requests - point["2xx"] - point["3xx"] - point["4xx"] - point["5xx"];
    points.set(point.start, point);
  }
  return points;
}

/** Forget points that ended before the axis begins, but for a step that lines come from. */
export function dropOld(points, oldest, step) {
  for (const start of points.keys()) if (start < oldest - 2 * step) points.delete(start);
}

/**
 * All buckets of the axis in order, empty ones too. `seconds` is how long a bucket has really been
 * open, at least one; `point` is null where there was no request.
 */
export function buckets(series, points, now) {
  const { step } = series;
  return bucketStarts(axis(series, now), step)
    .filter((start) => start <= now)
    .map((start) => {
      const isOpen = start + step > now;
      return {
        start,
        end: start + step,
        isOpen,
        seconds: isOpen ? Math.max(1, now - start) : step,
        point: points.get(start) ?? null,
      };
    });
}

/** Requests per second, one series of the throughput chart. No request is a rate of zero. */
export function rateOf({ point, seconds }, name) {
  return point ? point[name] / seconds : 0;
}

/** The share of requests that failed so; none where there was no request. */
export function errorRateOf({ point }, name) {
  return point && point.requests > 0 ? point[name] / point.requests : null;
}

/** A quantile of latency in seconds; none where no request had a duration. */
export function latencyOf({ point }, name) {
  return point ? point[name] : null;
}

/** Chart.js points of one series, each at the middle of its bucket. */
export function dataset(list, step, valueOf, name, factor = 1) {
  return list.map((bucket) => {
    const value = valueOf(bucket, name);
    return { x: bucket.start + step / 2, y: value === null ? null : value * factor };
  });
}

const YOUNG = 30; // seconds, however long the step is

/**
 * The largest value, leaving out a bucket that has just opened: its rate still leaps. Where there
 * is no other one, it counts.
 */
export function largest(list, step, valueOf) {
  const isYoung = ({ isOpen, seconds }) => isOpen && seconds < Math.min(step / 2, YOUNG);
  const most = (some) => some.reduce((value, bucket) => Math.max(value, valueOf(bucket) ?? 0), 0);
  return most(list.filter((bucket) => !isYoung(bucket))) || most(list);
}

/** Whether throughput reads per second or per minute: as its mean over the axis does in the tile. */
export function rateUnit(list) {
  const total = list.reduce((sum, { point }) => sum + (point?.requests ?? 0), 0);
  const seconds = list.reduce((sum, bucket) => sum + bucket.seconds, 0);
  return seconds > 0 && total / seconds >= PER_SECOND_FROM
    ? { name: "req/s", short: "/s", factor: 1 }
    : { name: "req/min", short: "/min", factor: 60 };
}

/**
 * The end of a y axis that holds `value`, with round grid lines at thirds of it; never above
 * `atMost`, where there is such an end, as 100 % is.
 */
export function roundMax(value, { atLeast, atMost = Infinity }) {
  const wanted = Math.max(value, atLeast) / 3;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const round = ROUND.find((factor) => factor * power >= wanted * (1 - 1e-9));
  return Math.min(atMost, Number((round * power * 3).toPrecision(12)));
}

/**
 * The next y axis: it grows at once, but shrinks only when it has been too large for a while,
 * so that it does not jump at each tick. `before` is what this returned last, or null.
 */
export function steadyMax(before, value, limits, now) {
  const max = roundMax(value, limits);
  if (!before || max >= before.max) return { max, since: null };
  const since = before.since ?? now;
  return now - since >= CALM ? { max, since: null } : { max: before.max, since };
}

/** Values of the grid lines of an axis that ends at `max`: round ones, four with zero if they can. */
export function gridLines(max) {
  const isRound = (value) => {
    const factor = Number((value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(6));
    return ROUND.includes(factor);
  };
  const intervals = isRound(max / 3) ? 3 : 4;
  return Array.from({ length: intervals + 1 }, (_, index) => (max * index) / intervals);
}
