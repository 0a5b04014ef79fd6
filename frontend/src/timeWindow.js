/** The time axis that all charts share: its ends, buckets and ticks. Seconds since 1970. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const TICK_STEPS = [
  5, 10, 15, 30,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30, 60, 180, 365].map((n) => n * DAY),
];
const TICK_ROOM = 56;
const MOST_TICKS = 8;
const SHORTEST_ZOOM = 15;
const FINEST = 5;

/** The ends of the axis: a zoom stands still, else it slides and ends at `now`. */
export function axis(series, now) {
  return series.zoomed
    ? { min: series.from, max: series.to }
    : { min: now - series.range, max: now };
}

/** Starts of all buckets that overlap the axis, and one before for lines to come from. */
export function bucketStarts({ min, max }, step) {
  const starts = [];
  for (let start = Math.floor(min / step) * step - step; start < max; start += step) starts.push(start);
  return starts;
}

/** The start of the bucket that a time falls in. */
export function bucketAt(time, step) {
  return Math.floor(time / step) * step;
}

/** Seconds between ticks, so that labels have room in a width of so many pixels. */
export function tickStep({ min, max }, width) {
  const most = Math.max(2, Math.min(MOST_TICKS, Math.floor(width / TICK_ROOM)));
  return TICK_STEPS.find((every) => (max - min) / every <= most) ?? TICK_STEPS.at(-1);
}

/**
 * Times of the ticks: round in the viewer's zone, whatever summer time does in between.
 * `offset(time)` is how far that zone is ahead of UTC.
 */
export function ticks({ min, max }, every, offset) {
  const times = [];
  const first = Math.ceil((min + offset(min)) / every) * every;
  for (let local = first; local - offset(max) <= max + HOUR; local += every) {
    const time = local - offset(local - offset(min));
    if (time >= min && time <= max && time !== times.at(-1)) times.push(time);
  }
  return times;
}

/** A dragged span as one to zoom to: whole buckets of the finest step, not in the future. */
export function zoomSpan(one, other, now) {
  const last = Math.ceil(now / FINEST) * FINEST;
  let from = Math.floor(Math.min(one, other) / FINEST) * FINEST;
  let to = Math.min(Math.ceil(Math.max(one, other) / FINEST) * FINEST, last);
  if (to - from < SHORTEST_ZOOM) {
    to = Math.min(from + SHORTEST_ZOOM, last);
    from = to - SHORTEST_ZOOM;
  }
  return { from, to };
}
