/** The page: ties the stream, the charts, the cards and the controls together. */
import htmx from "htmx.org";
import { Cards } from "./cards.js";
import { createCharts } from "./charts.js";
import { Clock } from "./clock.js";
import { Live } from "./live.js";
import { Loader } from "./loader.js";
import { closeMenu, initMenus } from "./menu.js";
import { morph } from "./morph.js";
import { Problem } from "./problem.js";
import { initShare } from "./share.js";
import { initSheets, openSheet } from "./sheet.js";
import { initShortcuts } from "./shortcuts.js";
import { StreamHandler } from "./streamHandler.js";
import { initZone, localise, setZone, tick, zone } from "./timeFormat.js";
import { TrafficControls } from "./trafficControls.js";
import { changeView, parseView, streamQuery, unzoomView, viewUrl, zoomView } from "./viewState.js";

const SLIDE_MS = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1_000 : 250;
const SHOW_MS = 200; // parts may come faster than anyone can read
const SECOND_MS = 1_000;

const byId = (id) => document.getElementById(id);
const currentView = () => parseView(location.search);

const clock = new Clock();
const live = new Live();
const cards = new Cards({
  put,
  isFirstPage: () => currentView().before === "" && !loader.isPaging,
});
const charts = createCharts(byId("charts"), {
  onZoom: (from, to) => loader.go(viewUrl(zoomView(currentView(), from, to))),
  onZoomOut: zoomOut,
});
const stream = new StreamHandler({
  part: showPart,
  status: showStatus,
  state: showState,
  lost: catchUp,
});
const trafficControls = new TrafficControls(byId("traffic"), {
  revision: byId("view").dataset.revision,
  swap,
});
const problem = new Problem();
const loader = new Loader({ htmx, stream, problem, onLoad: showView });

let shownQuery = null; // of the view, whatever page of requests
let waiting = []; // parts of frames that aren't shown yet
let shownAt = 0;
let showing = null;

/** Replaces what is in an element and leaves what stays the same, the focus and open menus. */
function put(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  localise(template.content, clock.now()); // before it is compared with what is shown
  morph(element, template.content, (node) => htmx.process(node));
}

/** As `put`, with the values of inputs. */
function swap(element, html) {
  const open = [...element.querySelectorAll("details[open]")].map(({ id }) => id);
  htmx.swap({ text: html, target: element, swap: "innerMorph" });
  for (const id of open) if (byId(id)) byId(id).open = true;
}

function showView({ isPaging }) {
  renderPause();
  renderSources();
  if (!isPaging) showSeries(JSON.parse(byId("series").textContent));
  else cards.loaded({ isSameList: true });
}

function showSeries(series) {
  const query = streamQuery(series.view);
  clock.observe(series.now);
  waiting = [];
  charts.setSeries(series);
  charts.setNow(live.isPaused ? series.now : clock.now());
  cards.loaded({ isSameList: query === shownQuery });
  shownQuery = query;
  live.missed = 0;
  stream.announce(query, series.revision);
  live.render();
}

/** The stream can't go on from what is shown. A paused view stays, and only the stream goes on. */
async function catchUp() {
  if (!live.isPaused) return loader.reload();
  const query = streamQuery(location.search);
  const answer = await fetch(`api/series?${query}`).catch(() => null);
  if (answer?.ok) stream.announce(query, (await answer.json()).revision);
}

function showPart(part, { isFirst }) {
  if (live.isPaused) {
    live.missed += part.new;
    return;
  }
  // What a connection begins with is what was missed; it says nothing of the delay.
  waiting.push(isFirst ? { ...part, latest: null } : part);
  showing ??= setTimeout(showWaiting, Math.max(0, shownAt + SHOW_MS - performance.now()));
}

function showWaiting() {
  const parts = waiting;
  waiting = [];
  showing = null;
  if (!parts.length) return;
  shownAt = performance.now();
  charts.setNow(clock.now());
  for (const part of parts) {
    charts.merge(part);
    cards.take(part.cards, part.new);
  }
  cards.show();
  renderSources();
  const latest = Math.max(...parts.map((part) => part.latest ?? -Infinity));
  if (Number.isFinite(latest)) requestAnimationFrame(() => live.shown(clock.now() - latest));
}

function showStatus({ now, viewers, traffic, revision }) {
  if (now) clock.observe(now);
  live.heard(viewers);
  if (traffic) trafficControls.take(traffic, revision);
}

function showState(state) {
  live.state = state;
  if (state === "live") problem.reached();
  if (state === "refused") problem.show(401);
  live.render();
}

function togglePause() {
  live.isPaused = !live.isPaused;
  if (live.isPaused) showWaiting();
  else resume();
  live.missed = 0;
  renderPause();
  live.render();
}

function resume() {
  cards.take({}, live.missed);
  loader.reload();
}

function renderPause() {
  byId("pause")?.setAttribute("aria-pressed", String(live.isPaused));
}

/** The sources' menu is outside of the view: its links follow here. */
function renderSources() {
  const view = currentView();
  for (const link of document.querySelectorAll("#menu-source [data-source]")) {
    const url = viewUrl(changeView(view, { source: link.dataset.source }));
    link.setAttribute("href", url);
    link.setAttribute("hx-get", url);
    link.removeAttribute("aria-current");
    if (link.dataset.source !== view.source) continue;
    link.setAttribute("aria-current", "true");
    const name = link.querySelector("span").textContent;
    document.querySelector("#menu-source summary b").textContent = name;
  }
}

function zoomOut() {
  if (currentView().from) loader.go(viewUrl(unzoomView(currentView())));
}

function slide() {
  const isFresh = performance.now() - shownAt < SLIDE_MS;
  const isVisible = document.visibilityState === "visible";
  if (isVisible && !isFresh && live.shownState === "live") charts.setNow(clock.now());
}

function everySecond() {
  live.render();
  tick(clock.now());
  if (!live.isPaused) cards.show();
}

function followVisibility() {
  if (document.visibilityState === "visible") stream.join();
  else stream.leave();
}

document.addEventListener("visibilitychange", followVisibility);
addEventListener("pagehide", () => stream.leave());
addEventListener("pageshow", followVisibility);
addEventListener("offline", () => stream.doubt());
addEventListener("online", () => stream.wake());
document.addEventListener("themechange", () => charts.recolour());
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  localise(ctx.target, clock.now());
  if (ctx.target.id === "request-detail") openSheet("request-detail");
  if (ctx.target.id === "traffic") trafficControls.show();
});
document.addEventListener(
  "click",
  (event) => {
    if (event.target.closest?.("#pause")) togglePause();
    // On the first page the list that waits is at hand: nothing needs to be loaded.
    if (event.target.closest?.("#requests-new") && cards.showNewest()) {
      event.preventDefault();
      event.stopPropagation();
      cards.show();
    }
  },
  true,
);

initZone();
initMenus();
initSheets();
initShare();
initShortcuts({
  t: () => window.logwatcherTheme.next(),
  u: () => setZone(zone() === "utc" ? "local" : "utc"),
  "/": () => document.querySelector("#filters summary")?.focus(),
  Escape: () => closeMenu() || zoomOut(),
});
showView({ isPaging: false });
setInterval(slide, SLIDE_MS);
setInterval(everySecond, SECOND_MS);
followVisibility();
