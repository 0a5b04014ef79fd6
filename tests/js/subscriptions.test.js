import assert from "node:assert/strict";
import { test } from "node:test";

import { Subscriptions } from "../../frontend/src/subscriptions.js";

test("views that several tabs show are asked for once", () => {
  const tabs = new Subscriptions();
  tabs.announce("a", "range=1h", "ab-1");
  tabs.announce("b", "range=1h", "ab-1");
  tabs.announce("c", "status=5xx&method=GET", "ab-2");
  assert.equal(
    tabs.connect(),
    "view=range%3D1h&since=ab-1&view=status%3D5xx%26method%3DGET&since=ab-2",
  );
});

test("a view goes on from the last frame, not from where its tab began", () => {
  const tabs = new Subscriptions();
  tabs.announce("a", "", "ab-1");
  tabs.connect();
  tabs.advance([""], "ab-7");
  assert.deepEqual(tabs.base(), { "": "ab-7" });
  assert.equal(tabs.connect(), "view=&since=ab-7");
});

test("a new view needs a new connection, a second tab on a view does not", () => {
  const tabs = new Subscriptions();
  tabs.announce("a", "", "ab-1");
  tabs.connect();
  tabs.announce("b", "", "ab-1");
  assert.ok(tabs.isConnected);
  tabs.announce("b", "range=1h", "ab-1");
  assert.ok(!tabs.isConnected);
});

test("a view nobody looks at any more is dropped", () => {
  const tabs = new Subscriptions();
  tabs.announce("a", "", "ab-1");
  tabs.announce("b", "range=1h", "ab-1");
  tabs.connect();
  tabs.withdraw("b");
  assert.ok(!tabs.isConnected);
  assert.equal(tabs.connect(), "view=&since=ab-1");
});

test("tabs that vanished without a word are forgotten", () => {
  const tabs = new Subscriptions();
  tabs.announce("a", "", "ab-1");
  tabs.announce("b", "range=1h", "ab-1");
  tabs.retain(new Set(["b"]));
  assert.equal(tabs.connect(), "view=range%3D1h&since=ab-1");
});

test("a tab that is behind on a shared view has to load it, one that is ahead has not", () => {
  const tabs = new Subscriptions();
  tabs.announce("a", "", "ab-5", true);
  assert.deepEqual(tabs.announce("b", "", "ab-4", true), ["b"]);
  assert.deepEqual(tabs.announce("c", "", "ab-6", true), []);
  assert.equal(tabs.connect(), "view=&since=ab-5");
});

test("while the stream is down, it goes on from the newest tab, and the others load", () => {
  const tabs = new Subscriptions();
  tabs.announce("a", "", "ab-5", false);
  assert.deepEqual(tabs.announce("b", "", "ab-6", false), ["a"]);
  assert.deepEqual(tabs.announce("c", "", "cd-1", false), ["a", "b"], "of another store");
  assert.equal(tabs.connect(), "view=&since=cd-1");
});

test("a tab alone on its view sets where it goes on", () => {
  const tabs = new Subscriptions();
  tabs.announce("a", "", "ab-5", true);
  tabs.connect();
  assert.deepEqual(tabs.announce("a", "", "ab-3", true), []);
  assert.ok(!tabs.isConnected);
  assert.deepEqual(tabs.base(), {}, "frames of the old connection don't follow on it");
  assert.equal(tabs.connect(), "view=&since=ab-3");
});
