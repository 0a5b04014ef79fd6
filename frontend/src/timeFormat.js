/**
 * Times as text, in the viewer's zone or in UTC by choice; the choice is kept and shared by tabs.
 *
 * The server writes UTC into <time datetime data-format>; `localise` rewrites the text.
 */

const KEY = "logwatcher.zone";
const LOCALE = "en-GB";

const DATE = { day: "numeric", month: "short" };
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const SECOND = { ...MINUTE, second: "2-digit" };
const MILLISECOND = { ...SECOND, fractionalSecondDigits: 3 };
const FULL = { weekday: "short", ...DATE, year: "numeric" };

const formatters = new Map();

function format(seconds, options, zone) {
  const key = zone + JSON.stringify(options);
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: zone });
    formatters.set(key, formatter);
  }
  return formatter.format(seconds * 1000);
}

let ownZone = null;

/** The viewer's own zone, as an IANA name. */
export function localZone() {
  return (ownZone ??= new Intl.DateTimeFormat().resolvedOptions().timeZone);
}

const QUARTER = 900; // no zone changes its offset at another time
const MOST_OFFSETS = 1000;
const offsets = new Map();

/** How far a zone is ahead of UTC at a time, in seconds. */
export function offset(seconds, zone) {
  if (zone === "UTC") return 0;
  const key = `${Math.floor(seconds / QUARTER)} ${zone}`;
  if (!offsets.has(key)) {
    if (offsets.size >= MOST_OFFSETS) offsets.clear();
    offsets.set(key, readOffset(seconds, zone));
  }
  return offsets.get(key);
}

function readOffset(seconds, zone) {
  const text = format(seconds, { timeZoneName: "longOffset" }, zone);
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(text);
  if (!match?.[1]) return 0;
  const [, sign, hours, minutes, rest = 0] = match;
  return (sign === "-" ? -1 : 1) * (hours * 3600 + minutes * 60 + Number(rest));
}

/** A zone's name with its offset: "Europe/Berlin (UTC+2)". */
export function zoneName(seconds, zone) {
  if (zone === "UTC") return "UTC";
  const ahead = offset(seconds, zone);
  const minutes = Math.abs(ahead) / 60;
  const rest = minutes % 60 ? `:${String(Math.floor(minutes % 60)).padStart(2, "0")}` : "";
  return `${zone} (UTC${ahead < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${rest})`;
}

function isSameDay(one, other, zone) {
  const day = (seconds) => Math.floor((seconds + offset(seconds, zone)) / 86400);
  return day(one) === day(other);
}

function dated(seconds, now, zone, options) {
  const time = format(seconds, options, zone);
  return isSameDay(seconds, now, zone) ? time : `${format(seconds, DATE, zone)} ${time}`;
}

/** Text by the name in `data-format`; `now` tells whether the date must be said. */
const FORMATS = {
  ms: (seconds, now, zone) => dated(seconds, now, zone, MILLISECOND),
  s: (seconds, now, zone) => dated(seconds, now, zone, SECOND),
  minute: (seconds, now, zone) => dated(seconds, now, zone, MINUTE),
  full: (seconds, now, zone) => fullTime(seconds, zone),
  left: (seconds, now) => timeLeft(seconds - now),
  ago: (seconds, now) => timeAgo(now - seconds),
};

export function formatTime(name, seconds, now, zone) {
  return FORMATS[name](seconds, now, zone);
}

/** Date, time to the millisecond and zone. */
export function fullTime(seconds, zone) {
  return `${format(seconds, FULL, zone)}, ${format(seconds, MILLISECOND, zone)} ${zoneName(seconds, zone)}`;
}

/** A bucket's from and to, as exact as its step needs. */
export function formatSpan(from, to, now, zone) {
  const options = to % 60 === 0 && from % 60 === 0 ? MINUTE : SECOND;
  const until = isSameDay(from, to, zone) ? format(to, options, zone) : dated(to, from, zone, options);
  return `${dated(from, now, zone, options)} – ${until}`;
}

/** A tick of the time axis: the date at midnight, else the time as exact as the ticks are apart. */
export function formatTick(seconds, every, zone) {
  const isMidnight = (seconds + offset(seconds, zone)) % 86400 === 0;
  if (every >= 86400 || isMidnight) return format(seconds, DATE, zone);
  return format(seconds, every < 60 ? SECOND : MINUTE, zone);
}

/** Time left as minutes and seconds, "14:02"; hours in front where there are some. */
export function timeLeft(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${tail}` : tail;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** How long ago, in the largest unit that it is two of, "90 s ago"; "now" below one second. */
export function timeAgo(seconds) {
  const [unit, length] = UNITS.find(([, of]) => seconds >= 2 * of) ?? ["s", 1];
  const count = Math.floor(seconds / length);
  return count < 1 ? "now" : `${count}\u2009${unit} ago`;
}

function kept() {
  try {
    return localStorage.getItem(KEY) === "utc" ? "utc" : "local";
  } catch {
    return "local";
  }
}

let choice = null;

/** "local" or "utc". */
export function zoneChoice() {
  return (choice ??= kept());
}

/** The zone in which the page shows times. */
export function zone() {
  return zoneChoice() === "utc" ? "UTC" : localZone();
}

export function setZone(chosen) {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
  }
  announce(chosen);
}

function announce(chosen) {
  choice = chosen;
  localise();
  document.dispatchEvent(new CustomEvent("zonechange", { detail: zone() }));
}

/**
 * Call `listener` with the zone whenever the choice changes, in this tab or another. Returns a
 * function that ends it.
 */
export function onZoneChange(listener) {
  const listening = new AbortController();
  const { signal } = listening;
  document.addEventListener("zonechange", ({ detail }) => listener(detail), { signal });
  return () => listening.abort();
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function secondsOf(element) {
  return Date.parse(element.dateTime) / 1000;
}

/** Rewrite all times under `root` for the viewer's zone, with the full date on hover. */
export function localise(root = document, now = Date.now() / 1000) {
  const shown = zone();
  for (const element of root.querySelectorAll("time[data-format]")) {
    const seconds = secondsOf(element);
    if (Number.isNaN(seconds)) continue;
    setText(element, formatTime(element.dataset.format, seconds, now, shown));
    element.title = fullTime(seconds, shown);
  }
  for (const element of root.querySelectorAll("[data-span]")) {
    const [from, to] = element.dataset.span.split(" ").map(Number);
    setText(element, formatSpan(from, to, now, shown));
    element.title = `${fullTime(from, shown)} – ${fullTime(to, shown)}`;
  }
  for (const element of root.querySelectorAll("[data-zone-name]")) {
    const named = element.dataset.zoneName === "local" ? localZone() : shown;
    setText(element, zoneName(now, named));
  }
  for (const button of root.querySelectorAll("[data-zone-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.zoneChoice === zoneChoice()));
  }
}

/** Bring what counts time under `root` up to date; `now` by the server's clock, in seconds. */
export function tick(now, root = document) {
  for (const element of root.querySelectorAll('time:is([data-format="left"], [data-format="ago"])')) {
    setText(element, formatTime(element.dataset.format, secondsOf(element), now, "UTC"));
  }
}

/** Follow the buttons that choose the zone, and the choice made in other tabs. */
export function initZone() {
  addEventListener("storage", ({ key }) => {
    if (key === KEY || key === null) announce(kept());
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-zone-choice]");
    if (button) setZone(button.dataset.zoneChoice);
  });
  localise();
}
