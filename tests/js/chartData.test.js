import assert from "node:assert/strict";
import { test } from "node:test";

import {
  buckets, dataset, dropOld, errorRateOf, gridLines, largest, latencyOf, mergePoints, rateOf,
  rateUnit, roundMax, steadyMax,
} from "../../frontend/src/chartData.js";

const COLUMNS = ["start", "requests", "2xx", "3xx", "4xx", "5xx", "p50", "p95", "p99"];
const NOON = 1_767_268_800;
const LIVE = { zoomed: false, range: 20, step: 5, columns: COLUMNS };

const row = (start, { ok = 0, client = 0, server = 0, other = 0, p50 = 0.1 } = {}) => [
  start, ok + client + server + other, ok, 0, client, server, p50, p50 && 2 * p50, p50 && 3 * p50,
];
const pointsOf = (...rows) => mergePoints(new Map(), COLUMNS, rows);

test("a point that comes again replaces the whole bucket", () => {
  const points = pointsOf(row(NOON, { ok: 3 }), row(NOON, { ok: 4, server: 1 }));
  assert.equal(points.size, 1);
  assert.equal(points.get(NOON).requests, 5);
});

test("statuses outside of 2xx to 5xx are what is left", () => {
  assert.equal(pointsOf(row(NOON, { ok: 3, other: 2 })).get(NOON).other, 2);
});

test("points are forgotten once they are well before the axis", () => {
  const points = pointsOf(row(NOON - 15), row(NOON - 10), row(NOON));
  dropOld(points, NOON, 5);
  assert.deepEqual([...points.keys()], [NOON - 10, NOON]);
});

test("every bucket of the axis is there, also those without requests", () => {
  const list = buckets(LIVE, pointsOf(row(NOON - 10, { ok: 1 })), NOON + 2);
  assert.deepEqual(list.map(({ start }) => start - NOON), [-25, -20, -15, -10, -5, 0]);
  assert.deepEqual(list.map(({ point }) => point?.requests ?? null), [null, null, null, 1, null, null]);
});

test("only the last bucket is open, and counts the time that it has really been open", () => {
  const list = buckets(LIVE, pointsOf(row(NOON, { ok: 4 })), NOON + 2);
  assert.deepEqual(list.filter(({ isOpen }) => isOpen).map(({ start }) => start), [NOON]);
  assert.equal(rateOf(list.at(-1), "requests"), 2);
});

test("a bucket that has just opened counts as open for a second", () => {
  const list = buckets(LIVE, pointsOf(row(NOON, { ok: 1 })), NOON + 0.1);
  assert.equal(rateOf(list.at(-1), "requests"), 1);
});

test("a bucket is closed from the moment it ends", () => {
  const list = buckets(LIVE, new Map(), NOON + 5);
  assert.equal(list.at(-1).start, NOON + 5 - 5);
  assert.equal(list.at(-1).isOpen, false);
});

test("a zoom that reaches into the future has no buckets there", () => {
  const series = { ...LIVE, zoomed: true, from: NOON, to: NOON + 20 };
  assert.equal(buckets(series, new Map(), NOON + 7).at(-1).start, NOON + 5);
});

test("no requests are a throughput of zero, but no error rate and no latency", () => {
  const empty = { point: null, seconds: 5 };
  assert.equal(rateOf(empty, "2xx"), 0);
  assert.equal(errorRateOf(empty, "5xx"), null);
  assert.equal(latencyOf(empty, "p50"), null);
});

test("an error rate is errors by requests", () => {
  const [point] = pointsOf(row(NOON, { ok: 6, client: 1, server: 1 })).values();
  assert.equal(errorRateOf({ point }, "5xx"), 1 / 8);
});

test("requests without a duration have a rate, but no latency", () => {
  const [point] = pointsOf(row(NOON, { ok: 2, p50: null })).values();
  assert.equal(errorRateOf({ point }, "4xx"), 0);
  assert.equal(latencyOf({ point }, "p99"), null);
});

test("points stand at the middle of their bucket, gaps stay gaps", () => {
  const list = buckets(LIVE, pointsOf(row(NOON - 5, { ok: 1 })), NOON).slice(-2);
  assert.deepEqual(dataset(list, 5, latencyOf, "p50", 1000), [
    { x: NOON - 7.5, y: null },
    { x: NOON - 2.5, y: 100 },
  ]);
});

test("a bucket that has just opened doesn't stretch the axis", () => {
  const list = buckets(LIVE, pointsOf(row(NOON - 5, { ok: 5 }), row(NOON, { ok: 9 })), NOON + 1);
  assert.equal(largest(list, 5, (bucket) => rateOf(bucket, "requests")), 1);
  const later = buckets(LIVE, pointsOf(row(NOON - 5, { ok: 5 }), row(NOON, { ok: 9 })), NOON + 3);
  assert.equal(largest(later, 5, (bucket) => rateOf(bucket, "requests")), 3);
});

test("where there is no other one, a bucket that has just opened makes the axis", () => {
  const list = buckets(LIVE, pointsOf(row(NOON, { ok: 9 })), NOON + 1);
  assert.equal(largest(list, 5, (bucket) => rateOf(bucket, "requests")), 9);
});

test("a bucket of a long step is young for half a minute, not for half of it", () => {
  const list = [{ isOpen: false, seconds: 1200, rate: 1 }, { isOpen: true, seconds: 29, rate: 5 }];
  assert.equal(largest(list, 1200, ({ rate }) => rate), 1);
  list[1].seconds = 30;
  assert.equal(largest(list, 1200, ({ rate }) => rate), 5);
});

test("rates read per minute when few, per second when many, by the mean as in the tile", () => {
  const of = (requests) => rateUnit([{ seconds: 5, point: { requests } }, { seconds: 5, point: null }]);
  assert.equal(of(99).name, "req/min");
  assert.equal(of(100).name, "req/s");
  assert.equal(rateUnit([]).name, "req/min");
});

test("an axis ends at a round value with round grid lines", () => {
  for (const [value, max] of [[105, 120], [140, 150], [28, 30], [0.7, 0.75], [950, 1200], [3, 3], [3.01, 4.5]]) {
    assert.equal(roundMax(value, { atLeast: 0.3 }), max, String(value));
  }
});

test("an axis is never lower than wanted, nor above what is possible", () => {
  assert.equal(roundMax(0, { atLeast: 3 }), 3);
  assert.equal(roundMax(97, { atLeast: 3, atMost: 100 }), 100);
});

test("an axis holds its value at any size", () => {
  for (let value = 0.001; value < 1e7; value *= 1.31) {
    const max = roundMax(value, { atLeast: 0.001 });
    assert.ok(max >= value * (1 - 1e-6) && max <= value * 1.6, `${value}: ${max}`);
  }
});

test("four grid lines with zero; five where thirds are not round", () => {
  assert.deepEqual(gridLines(150), [0, 50, 100, 150]);
  assert.deepEqual(gridLines(0.75), [0, 0.25, 0.5, 0.75]);
  assert.deepEqual(gridLines(100), [0, 25, 50, 75, 100]);
});

test("an axis grows at once", () => {
  const before = steadyMax(null, 80, { atLeast: 3 }, NOON);
  assert.equal(before.max, 90);
  assert.equal(steadyMax(before, 130, { atLeast: 3 }, NOON + 0.25).max, 150);
});

test("an axis shrinks only when it has been too large for ten seconds on end", () => {
  let axis = steadyMax(null, 130, { atLeast: 3 }, NOON);
  const maxAt = (value, now) => (axis = steadyMax(axis, value, { atLeast: 3 }, now)).max;
  assert.equal(maxAt(80, NOON + 1), 150);
  assert.equal(maxAt(80, NOON + 10.9), 150);
  assert.equal(maxAt(130, NOON + 10.95), 150, "it was needed again, so the time begins anew");
  assert.equal(maxAt(80, NOON + 12), 150);
  assert.equal(maxAt(80, NOON + 21.9), 150);
  assert.equal(maxAt(80, NOON + 22), 90);
});
