import assert from "node:assert/strict";
import { test } from "node:test";

import { offset } from "../../frontend/src/timeFormat.js";
import { axis, bucketAt, bucketStarts, ticks, tickStep, zoomSpan } from "../../frontend/src/timeWindow.js";

const NOON = 1_767_268_800; // 2026-01-01 12:00 UTC
const utc = () => 0;
const BERLIN = "Europe/Berlin";
process.env.TZ = BERLIN;
const local = (time) => offset(time, "local");
const at = (text) => Date.parse(text) / 1000;

test("the axis of a live view ends now and slides", () => {
  const series = { zoomed: false, range: 300, from: 0, to: 0 };
  assert.deepEqual(axis(series, NOON + 2.5), { min: NOON - 297.5, max: NOON + 2.5 });
});

test("the axis of a zoom stands still", () => {
  const series = { zoomed: true, range: 60, from: NOON, to: NOON + 60 };
  assert.deepEqual(axis(series, NOON + 999), { min: NOON, max: NOON + 60 });
});

test("buckets are aligned to their step, with one before the axis and none after it", () => {
  assert.deepEqual(bucketStarts({ min: NOON - 12, max: NOON + 3 }, 5), [
    NOON - 20, NOON - 15, NOON - 10, NOON - 5, NOON,
  ]);
});

test("a bucket that would begin at the end of the axis is not on it", () => {
  assert.equal(bucketStarts({ min: NOON - 10, max: NOON }, 5).at(-1), NOON - 5);
});

test("a time on the edge of two buckets belongs to the later one", () => {
  assert.equal(bucketAt(NOON, 5), NOON);
  assert.equal(bucketAt(NOON - 0.001, 5), NOON - 5);
});

test("ticks have room, whatever the width and the range", () => {
  for (const width of [260, 700, 1320]) {
    for (const range of [300, 900, 3600, 21600, 86400, 7 * 86400, 30 * 86400]) {
      const every = tickStep({ min: 0, max: range }, width);
      assert.ok(range / every <= 8 && (width / range) * every >= 56, `${range} s on ${width} px`);
    }
  }
});

test("five minutes on a wide screen have a tick each minute", () => {
  assert.equal(tickStep({ min: NOON - 300, max: NOON }, 1320), 60);
});

test("ticks are round times on the axis, its ends included", () => {
  assert.deepEqual(ticks({ min: NOON, max: NOON + 120 }, 60, utc), [NOON, NOON + 60, NOON + 120]);
  assert.deepEqual(ticks({ min: NOON + 1, max: NOON + 119 }, 60, utc), [NOON + 60]);
});

test("ticks are round in the viewer's zone", (t) => {
  t.after(() => (process.env.TZ = BERLIN));
  process.env.TZ = "Asia/Kathmandu";
  const window = { min: at("2026-01-01T00:00Z"), max: at("2026-01-01T12:00Z") };
  assert.equal(ticks(window, 6 * 3600, local)[0], at("2026-01-01T00:15Z"));
});

test("days begin at midnight before and after the clock is put forward", () => {
  const window = { min: at("2026-03-28T00:00Z"), max: at("2026-03-31T12:00Z") };
  assert.deepEqual(ticks(window, 86400, local), [
    at("2026-03-28T23:00Z"), at("2026-03-29T22:00Z"), at("2026-03-30T22:00Z"),
  ]);
});

test("days begin at midnight before and after the clock is put back", () => {
  const window = { min: at("2026-10-24T00:00Z"), max: at("2026-10-27T00:00Z") };
  assert.deepEqual(ticks(window, 86400, local), [
    at("2026-10-24T22:00Z"), at("2026-10-25T23:00Z"), at("2026-10-26T23:00Z"),
  ]);
});

test("ticks only ever move forward through the hour that comes twice", () => {
  const window = { min: at("2026-10-24T20:00Z"), max: at("2026-10-25T06:00Z") };
  const times = ticks(window, 3600, local);
  assert.ok(times.every((time, index) => index === 0 || time > times[index - 1]));
  assert.ok(times.every((time) => time >= window.min && time <= window.max));
});

test("a leap day has its tick", () => {
  const window = { min: at("2028-02-28T12:00Z"), max: at("2028-03-01T12:00Z") };
  assert.deepEqual(ticks(window, 86400, utc), [at("2028-02-29T00:00Z"), at("2028-03-01T00:00Z")]);
});

test("a dragged span becomes whole buckets, in either direction", () => {
  const wanted = { from: NOON - 65, to: NOON - 30 };
  assert.deepEqual(zoomSpan(NOON - 62, NOON - 31, NOON), wanted);
  assert.deepEqual(zoomSpan(NOON - 31, NOON - 62, NOON), wanted);
});

test("a zoom doesn't reach into the future", () => {
  assert.equal(zoomSpan(NOON - 100, NOON + 50, NOON + 1).to, NOON + 5);
});

test("a tiny drag still shows something, also at the right end", () => {
  assert.deepEqual(zoomSpan(NOON - 60, NOON - 59, NOON), { from: NOON - 60, to: NOON - 45 });
  assert.deepEqual(zoomSpan(NOON - 2, NOON - 1, NOON), { from: NOON - 15, to: NOON });
});
