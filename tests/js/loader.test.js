import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Loader } from "../../frontend/src/loader.js";
import { byId, openPage } from "./dom.js";

let window;
let answers; // by address: {status, text}
let requests;
let told;
let holds;
let loader;

/** As much of htmx as the loader knows: its events, in their order, and the history. */
const htmx = {
  async ajax(_method, url, options) {
    const controller = new AbortController();
    const request = { action: url, signal: controller.signal, abort: (why) => controller.abort(why) };
    const ctx = { ...options, request };
    const fire = (name) => {
      const event = new window.CustomEvent(name, { detail: { ctx }, cancelable: true });
      return document.dispatchEvent(event);
    };
    requests.push(url);
    fire("htmx:before:request");
    await new Promise(setImmediate);
    if (!controller.signal.aborted && answers[url] !== null) {
      ctx.response = { status: 200, ...answers[url] };
      ctx.text = answers[url]?.text ?? "";
      if (fire("htmx:before:swap")) {
        if (ctx.push === "true") history.pushState({}, "", url);
        fire("htmx:after:swap");
      }
    }
    fire("htmx:finally:request");
  },
};

function visit(url) {
  window = openPage('<div id="view"></div>', { url: `http://server${url}` });
  [answers, requests, told, holds] = [{}, [], [], { most: 0, now: 0 }];
  loader = new Loader({
    htmx,
    stream: {
      hold: () => (holds.most = Math.max(holds.most, (holds.now += 1))),
      release: () => (holds.now -= 1),
    },
    problem: {
      show: (status, text, retry) => told.push({ problem: status, text, retry }),
      hide: () => told.push("fine"),
    },
    onLoad: (load) => told.push(load),
  });
}

const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  visit("/?range=15m");
});
afterEach(() => mock.timers.reset());

test("another view is loaded, its address kept, and frames wait meanwhile", async () => {
  loader.go("/?range=1h");
  assert.equal(holds.now, 1);
  assert.equal(byId("view").getAttribute("aria-busy"), "true");
  await settle();
  assert.equal(location.search, "?range=1h");
  assert.deepEqual(told, [{ isPaging: false }, "fine"]);
  assert.equal(holds.now, 0);
  assert.equal(byId("view").hasAttribute("aria-busy"), false);
});

test("a later page of requests leaves the stream alone, the first is as another view", async () => {
  loader.go("/?range=15m&before=17.3");
  await settle();
  assert.deepEqual(told.at(-2), { isPaging: true });
  assert.equal(holds.most, 0);
  loader.go("/?range=15m");
  await settle();
  assert.deepEqual(told.at(-2), { isPaging: false });
  assert.equal(holds.most, 1);
});

test("a later page of another view is another view", async () => {
  loader.go("/?range=1h&before=17.3");
  await settle();
  assert.deepEqual(told.at(-2), { isPaging: false });
});

test("an error changes neither page nor address, and can be tried again", async () => {
  answers["/?range=1h"] = { status: 500, text: "no" };
  loader.go("/?range=1h");
  await settle();
  assert.equal(location.search, "?range=15m");
  assert.equal(told.length, 1);
  assert.equal(told[0].problem, 500);
  assert.equal(holds.now, 0);
  answers = {};
  told[0].retry();
  await settle();
  assert.equal(location.search, "?range=1h");
});

test("a server that can't be reached is told as no answer", async () => {
  answers["/?range=1h"] = null;
  loader.go("/?range=1h");
  await settle();
  assert.equal(told[0].problem, 0);
});

test("the newest wish wins, and the one it replaced is no problem", async () => {
  loader.go("/?range=1h");
  loader.go("/?range=6h");
  await settle();
  assert.equal(location.search, "?range=6h");
  assert.deepEqual(told, [{ isPaging: false }, "fine"]);
  assert.equal(holds.now, 0);
});

test("a reload is tried until it succeeds", async () => {
  answers["/?range=15m"] = { status: 503 };
  loader.reload();
  await settle();
  mock.timers.tick(5_000);
  await settle();
  assert.equal(requests.length, 2);
  answers = {};
  mock.timers.tick(7_000);
  await settle();
  assert.deepEqual(told.at(-2), { isPaging: false });
  mock.timers.tick(60_000);
  assert.equal(requests.length, 3);
});

test("a reload of a later page loads all of the view", async () => {
  visit("/?before=17.3");
  loader.reload();
  await settle();
  assert.deepEqual(told.at(-2), { isPaging: false });
  assert.equal(holds.most, 1);
});

test("two reloads at once are one", async () => {
  loader.reload();
  loader.reload();
  await settle();
  assert.equal(requests.length, 1);
});

test("while a reload waits to be tried again, more of them change nothing", async () => {
  answers["/?range=15m"] = { status: 503 };
  loader.reload();
  await settle();
  loader.reload();
  await settle();
  assert.equal(requests.length, 1);
});

test("a wish of the viewer ends the tries to reload", async () => {
  answers["/?range=15m"] = { status: 503 };
  loader.reload();
  await settle();
  loader.go("/?range=1h");
  await settle();
  mock.timers.tick(60_000);
  assert.deepEqual(requests, ["/?range=15m", "/?range=1h"]);
});

test("the way back loads the view of the address, and pushes nothing", async () => {
  loader.go("/?range=1h");
  await settle();
  history.replaceState({}, "", "/?range=15m"); // as the browser does on its way back
  const event = new window.CustomEvent("htmx:before:history:restore", { cancelable: true });
  document.dispatchEvent(event);
  await settle();
  assert.ok(event.defaultPrevented);
  assert.equal(requests.at(-1), "/?range=15m");
  assert.deepEqual(told.at(-2), { isPaging: false });
});

test("an error of something else in the page is told without a retry", () => {
  const signal = new AbortController().signal;
  const ctx = { target: document.body, request: { signal }, response: { status: 404 }, text: "gone" };
  for (const name of ["htmx:before:swap", "htmx:finally:request"]) {
    document.dispatchEvent(new window.CustomEvent(name, { detail: { ctx }, cancelable: true }));
  }
  assert.deepEqual(told, [{ problem: 404, text: "gone", retry: undefined }]);
  const next = { ...ctx, response: { status: 200 } };
  document.dispatchEvent(new window.CustomEvent("htmx:finally:request", { detail: { ctx: next } }));
  assert.equal(told.at(-1), "fine", "until something succeeds");
});
