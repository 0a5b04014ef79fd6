import assert from "node:assert/strict";
import { test } from "node:test";

import {
  formatSpan, formatTick, formatTime, fullTime, offset, timeAgo, timeLeft, zoneName,
} from "../../frontend/src/timeFormat.js";

const at = (text) => Date.parse(text) / 1000;
const NOW = at("2026-01-01T12:00:00Z");
const BERLIN = "Europe/Berlin";
process.env.TZ = BERLIN;

test("a time of today is the time alone, as exact as wanted", () => {
  const time = at("2026-01-01T11:58:07.061Z");
  assert.equal(formatTime("ms", time, NOW, "utc"), "11:58:07.061");
  assert.equal(formatTime("s", time, NOW, "local"), "12:58:07");
  assert.equal(formatTime("minute", time, NOW, "local"), "12:58");
});

test("a time of another day has its date", () => {
  assert.equal(formatTime("s", at("2025-12-31T23:59:59Z"), NOW, "utc"), "31 Dec 23:59:59");
});

test("today is the viewer's day, not that of UTC", () => {
  const time = at("2025-12-31T23:30:00Z");
  assert.equal(formatTime("minute", time, NOW, "local"), "00:30");
});

test("midnight reads 00:00, not 24:00", () => {
  assert.equal(formatTime("minute", at("2026-01-01T00:00:00Z"), NOW, "utc"), "00:00");
});

test("the full time has date, milliseconds and zone", () => {
  assert.equal(fullTime(at("2026-07-01T10:00:00.5Z"), "local"), "Wed 1 Jul 2026, 12:00:00.500 UTC+2");
});

test("the offset follows summer time to the second", () => {
  assert.equal(offset(at("2026-03-29T00:59:59Z"), "local"), 3600);
  assert.equal(offset(at("2026-03-29T01:00:00Z"), "local"), 7200);
});

test("zones with odd offsets are named right", (t) => {
  t.after(() => (process.env.TZ = BERLIN));
  const names = ["Australia/Eucla (UTC+8:45)", "America/St_Johns (UTC−3:30)", "Europe/London (UTC+0)", "UTC"];
  for (const name of names) {
    process.env.TZ = name.split(" ")[0];
    assert.equal(zoneName(NOW, "local"), name);
  }
  assert.equal(zoneName(NOW, "utc"), "UTC");
});

test("a bucket is named by its from and to", () => {
  const from = at("2026-01-01T11:00:00Z");
  assert.equal(formatSpan(from, from + 5, NOW, "utc"), "11:00:00 – 11:00:05");
  assert.equal(formatSpan(from, from + 60, NOW, "utc"), "11:00 – 11:01");
});

test("a bucket of another day has the date once, one over midnight twice", () => {
  const noon = at("2025-12-30T12:00:00Z");
  assert.equal(formatSpan(noon, noon + 3600, NOW, "utc"), "30 Dec 12:00 – 13:00");
  const last = at("2025-12-30T23:00:00Z");
  assert.equal(formatSpan(last, last + 3600, NOW, "utc"), "30 Dec 23:00 – 31 Dec 00:00");
});

test("ticks are as exact as they are apart, and name the day at midnight", () => {
  assert.equal(formatTick(at("2026-01-01T11:00:15Z"), 15, "utc"), "11:00:15");
  assert.equal(formatTick(at("2026-01-01T11:00:00Z"), 60, "utc"), "11:00");
  assert.equal(formatTick(at("2025-12-31T23:00:00Z"), 3600, "local"), "1 Jan");
  assert.equal(formatTick(at("2028-02-29T00:00:00Z"), 86400, "utc"), "29 Feb");
});

test("time left counts down to 0:00 and no further", () => {
  assert.equal(timeLeft(842), "14:02");
  assert.equal(timeLeft(841.2), "14:02");
  assert.equal(timeLeft(59), "0:59");
  assert.equal(timeLeft(3601), "1:00:01");
  assert.equal(timeLeft(-3), "0:00");
});

test("how long ago is said in the largest unit that fits twice", () => {
  const cases = { 0.4: "now", 1: "1 s", 119: "119 s", 120: "2 min", 7199: "119 min", 7200: "2 h" };
  for (const [seconds, text] of Object.entries({ ...cases, 172800: "2 d" })) {
    const wanted = text === "now" ? text : `${text.replace(" ", "\u2009")} ago`;
    assert.equal(timeAgo(Number(seconds)), wanted);
  }
  assert.equal(timeAgo(-5), "now");
});
