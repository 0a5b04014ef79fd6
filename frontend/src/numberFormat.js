/**
 * Numbers as text: three significant digits, a thin space and the unit.
 *
 * The page's server side writes the same numbers, so both are held to the cases in
 * tests/data/numbers.json. Three digits, but never more than two decimals; ties round away from
 * zero; `k`, `M`, `G` from one thousand on; what is not zero is never shown as 0.
 */

export const THIN_SPACE = "\u2009";
export const NOTHING = "–";

/** From this many requests a second on, a rate is given per second; below it per minute. */
export const PER_SECOND_FROM = 10;

const SUFFIXES = ["", "k", "M", "G", "T"];

/** Three significant digits of a number that is not negative: 8.02, 74.8, 142, 12.4k. */
export function digits(value) {
  if (value === 0) return "0";
  if (value < 0.005) return "<0.01";
  let power = 0;
  while (power < SUFFIXES.length - 1 && Number(value.toFixed(0)) >= 1000) {
    value /= 1000;
    power += 1;
  }
  const decimals = [2, 1].find((places) => Number(value.toFixed(places)) < 10 ** (3 - places)) ?? 0;
  return value.toFixed(decimals) + SUFFIXES[power];
}

function count(value) {
  return { value: value < 1000 ? String(value) : digits(value), unit: "" };
}

/** `value` is a ratio: 0.0802 is 8.02 %. */
function percent(value) {
  return { value: digits(value * 100), unit: "%" };
}

function seconds(value) {
  const inMs = value * 1000;
  return Number(inMs.toFixed(0)) < 1000
    ? { value: digits(inMs), unit: "ms" }
    : { value: digits(value), unit: "s" };
}

/** `value` is requests per second. */
function rate(value) {
  return value >= PER_SECOND_FROM
    ? { value: digits(value), unit: "req/s" }
    : { value: digits(value * 60), unit: "req/min" };
}

const KINDS = { count, percent, seconds, rate };

/** The figure and its unit, apart; the figure alone is `NOTHING` where there is no value. */
export function formatParts(kind, value) {
  return value === null || value === undefined ? { value: NOTHING, unit: "" } : KINDS[kind](value);
}

export function formatNumber(kind, value) {
  const parts = formatParts(kind, value);
  return parts.unit ? parts.value + THIN_SPACE + parts.unit : parts.value;
}

/** A label of an axis: at most three digits, without zeros at the end. */
export function axisLabel(value) {
  return digits(value).replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}
