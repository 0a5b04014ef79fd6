import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { digits, formatNumber, formatParts } from "../../frontend/src/numberFormat.js";

const cases = JSON.parse(readFileSync(new URL("../data/numbers.json", import.meta.url)));

for (const { kind, value, text } of cases) {
  test(`${kind} ${value} reads ${text}`, () => assert.equal(formatNumber(kind, value), text));
}

test("a figure and its unit can be had apart", () => {
  assert.deepEqual(formatParts("percent", 0.0802), { value: "8.02", unit: "%" });
});

test("a missing value is a dash without a unit", () => {
  assert.deepEqual(formatParts("seconds", null), { value: "–", unit: "" });
});

test("a figure never has more than three digits, whatever its size", () => {
  for (let value = 0.005; value < 1e14; value *= 1.37) {
    assert.ok(digits(value).replace(/\D/g, "").length <= 3, `${value}: ${digits(value)}`);
  }
});
