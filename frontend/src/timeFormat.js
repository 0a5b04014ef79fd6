/**
 * Times as text, in the viewer's zone or in UTC by choice; the choice is kept and shared by tabs.
 *
 * The server writes UTC into <time datetime data-format>; `localise` rewrites the text.
 */

const KEY = "logwatcher.zone";
const UTC = "utc";
const LOCAL = "local";

/** Where the time of day ends in a time as ISO 8601 has it. */
const MINUTE = 16;
const SECOND = 19;
const MILLISECOND = 23;

/** How far a zone, LOCAL or UTC, is ahead of UTC at a time, in seconds. */
export function offset(seconds, zone) {
  return zone === UTC ? 0 : -60 * new Date(seconds * 1000).getTimezoneOffset();
}

/** A date whose fields in UTC are those of the zone; Intl takes as long to begin as a chart. */
function shifted(seconds, zone) {
  return new Date(Math.round((seconds + offset(seconds, zone)) * 1000));
}

function timeOfDay(seconds, end, zone) {
  return shifted(seconds, zone).toISOString().slice("2026-11-28T".length, end);
}

/** Weekday, day, month and year: "Sat", "28", "Nov", "2026". */
function dateParts(seconds, zone) {
  const [weekday, day, month, year] = shifted(seconds, zone).toUTCString().split(/,? /);
  return [weekday, String(Number(day)), month, year];
}

function date(seconds, zone) {
  const [, day, month] = dateParts(seconds, zone);
  return `${day} ${month}`;
}

/** "UTC", "UTC+2", "UTC−3:30". */
function offsetName(seconds, zone) {
  if (zone === UTC) return "UTC";
  const ahead = offset(seconds, zone);
  const minutes = Math.abs(ahead) / 60;
  const rest = minutes % 60 ? `:${String(Math.floor(minutes % 60)).padStart(2, "0")}` : "";
  return `UTC${ahead < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${rest}`;
}

/** A zone's name, with its offset unless it is UTC: "Europe/Berlin (UTC+2)". */
export function zoneName(seconds, zone) {
  const name = zone === UTC ? "UTC" : new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return name === "UTC" ? name : `${name} (${offsetName(seconds, zone)})`;
}

function isSameDay(one, other, zone) {
  const day = (seconds) => Math.floor((seconds + offset(seconds, zone)) / 86400);
  return day(one) === day(other);
}

function dated(seconds, now, zone, end) {
  const time = timeOfDay(seconds, end, zone);
  return isSameDay(seconds, now, zone) ? time : `${date(seconds, zone)} ${time}`;
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

/** Date, time to the millisecond and offset: "Sat 28 Nov 2026, 12:00:00.500 UTC+1". */
export function fullTime(seconds, zone) {
  const day = dateParts(seconds, zone).join(" ");
  return `${day}, ${timeOfDay(seconds, MILLISECOND, zone)} ${offsetName(seconds, zone)}`;
}

/** A bucket's from and to, as exact as its step needs. */
export function formatSpan(from, to, now, zone) {
  const end = to % 60 === 0 && from % 60 === 0 ? MINUTE : SECOND;
  return `${dated(from, now, zone, end)} – ${dated(to, from, zone, end)}`;
}

/** A tick of the time axis: the date at midnight, else the time as exact as the ticks are apart. */
export function formatTick(seconds, every, zone) {
  const isMidnight = (seconds + offset(seconds, zone)) % 86400 === 0;
  if (every >= 86400 || isMidnight) return date(seconds, zone);
  return timeOfDay(seconds, every < 60 ? SECOND : MINUTE, zone);
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
    return localStorage.getItem(KEY) === UTC ? UTC : LOCAL;
  } catch {
    return LOCAL;
  }
}

let choice = null;

/** The zone in which the page shows times: LOCAL or UTC. */
export function zone() {
  return (choice ??= kept());
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
  nameZones();
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
}

/** Name the zones, and say which is chosen. */
function nameZones() {
  const now = Date.now() / 1000;
  for (const element of document.querySelectorAll("[data-zone-name]")) {
    setText(element, zoneName(now, element.dataset.zoneName || zone()));
  }
  for (const button of document.querySelectorAll("[data-zone-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.zoneChoice === zone()));
  }
}

/** Bring what counts time under `root` up to date; `now` by the server's clock, in seconds. */
export function tick(now, root = document) {
  for (const element of root.querySelectorAll('time:is([data-format="left"], [data-format="ago"])')) {
    setText(element, formatTime(element.dataset.format, secondsOf(element), now, UTC));
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
  requestAnimationFrame(() => setTimeout(nameZones)); // charts first: to ask for a name takes as long
}
