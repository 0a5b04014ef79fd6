/**
 * What the page shows, as its URL says it: a query string to an object and back.
 *
 * The server writes the same canonical form: defaults left out, always in this order.
 */

const DEFAULTS = {
  range: "5m",
  step: "",
  from: "",
  to: "",
  source: "",
  status: "",
  method: "",
  endpoint: "",
  sort: "-requests",
  show: "",
  before: "",
};

/** Seconds of each step that can be chosen. */
const STEPS = {
  "5s": 5,
  "10s": 10,
  "15s": 15,
  "30s": 30,
  "1m": 60,
  "2m": 120,
  "3m": 180,
  "5m": 300,
  "6m": 360,
  "10m": 600,
  "12m": 720,
  "15m": 900,
  "20m": 1200,
  "30m": 1800,
  "1h": 3600,
  "2h": 7200,
  "3h": 10800,
  "6h": 21600,
  "12h": 43200,
};
const MAX_POINTS = 720;
const MIN_POINTS = 2;

/** The view of a query string, with or without its `?`; unknown parameters are left out. */
export function parseView(query) {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, value]) => [name, parameters.get(name) || value]),
  );
}

/** The canonical query string of a view; empty for the default one. */
export function viewQuery(view) {
  return Object.keys(DEFAULTS)
    .map((name) => [name, String(view[name] ?? "")])
    .filter(([name, value]) => value && value !== DEFAULTS[name])
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join("&");
}

/** The page's address for a view, relative to the page as all its addresses are. */
export function viewUrl(view) {
  const query = viewQuery(view);
  return query ? `./?${query}` : "./";
}

/** The view with other values; its page of requests starts anew. */
export function changeView(view, changes) {
  return { ...view, before: "", ...changes };
}

/** The query of the view as the stream serves it: whatever page of requests is open. */
export function streamQuery(query) {
  return viewQuery(changeView(parseView(query), {}));
}

/** The view zoomed into [from, to), in seconds; a chosen step stays where the zoom allows it. */
export function zoomView(view, from, to) {
  const points = (to - from) / STEPS[view.step];
  const staysStep = points >= MIN_POINTS && points <= MAX_POINTS;
  return changeView(view, { from, to, step: staysStep ? view.step : "" });
}

/** The view back at the range that ends now. */
export function unzoomView(view) {
  return changeView(view, { from: "", to: "", step: "" });
}

/** As the server quotes: a space is a plus, and only letters, digits and `_.-~` stay. */
function quote(value) {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
