import assert from "node:assert/strict";
import { test } from "node:test";

import { describe, formatAge, formatDelay } from "../../frontend/src/live.js";

const told = (fields) => {
  const { name, detail } = describe({ delay: null, viewers: 0, age: 0, missed: 0, ...fields });
  return `${name} | ${detail}`.replaceAll("\u2009", " ").trim();
};

test("live: the delay and the number of viewers", () => {
  assert.equal(told({ state: "live", delay: 0.0842, viewers: 3 }), "Live | 84 ms · 3 viewers");
  assert.equal(told({ state: "live", delay: 1.234, viewers: 1 }), "Live | 1.23 s · 1 viewer");
  assert.equal(told({ state: "live", viewers: 2 }), "Live | 2 viewers");
});

test("paused: how many requests were missed", () => {
  assert.equal(told({ state: "paused", missed: 12, viewers: 3 }), "Paused | 12 new");
  assert.equal(told({ state: "paused" }), "Paused |");
});

test("reconnecting and offline: how old the numbers are", () => {
  assert.equal(told({ state: "reconnecting", age: 12.9 }), "Reconnecting | 12 s old");
  assert.equal(told({ state: "offline", age: 60 }), "Offline | 1 min old");
});

test("connecting: nothing is known yet", () => {
  assert.equal(told({ state: "connecting", age: 3 }), "Connecting |");
});

test("an age is whole seconds, minutes, hours or days", () => {
  const ages = [-1, 0, 59.9, 60, 3599, 3600, 86399, 86400].map(formatAge);
  assert.deepEqual(
    ages.map((text) => text.replace("\u2009", " ")),
    ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d"],
  );
});

test("a delay is milliseconds below one second, then seconds, then an age", () => {
  const delays = [0, 0.0004, 0.0842, 0.9994, 0.9996, 59.96, 61].map(formatDelay);
  assert.deepEqual(
    delays.map((text) => text.replace("\u2009", " ")),
    ["1 ms", "1 ms", "84 ms", "999 ms", "1.00 s", "60.0 s", "1 min"],
  );
});
