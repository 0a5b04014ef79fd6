import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Leases } from "../../frontend/src/leases.js";
import { fakeChannels, FakeServer, FakeTab, settle } from "./fakeBrowser.js";

let storage;
let tabs;

/** localStorage: what one tab writes, the others are told. */
class Storage {
  setItem(key, value) {
    this[key] = value;
  }
  getItem(key) {
    return this[key] ?? null;
  }
  removeItem(key) {
    delete this[key];
    for (const tab of tabs) tab.dispatchEvent(Object.assign(new Event("storage"), { key }));
  }
}

function openLeases() {
  const tab = new EventTarget();
  tabs.push(tab);
  return new Leases(storage, tab);
}

async function wait(ms) {
  for (let left = ms; left > 0; left -= 100) {
    await settle();
    mock.timers.tick(Math.min(left, 100));
  }
  await settle();
}

/** Holds a lock until `end()`. */
function hold(leases, options = {}) {
  const held = { has: false, error: null };
  const use = () => {
    held.has = true;
    return new Promise((resolve) => (held.end = resolve));
  };
  held.done = leases.request("lead", options, use).catch((error) => (held.error = error.name));
  return held;
}

beforeEach(() => {
  tabs = [];
  storage = new Storage();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_700_000_000_000 });
});
afterEach(() => mock.timers.reset());

test("one tab holds a lock, the next gets it at once when it is free", async () => {
  const [one, other] = [hold(openLeases()), hold(openLeases())];
  await wait(10_000);
  assert.deepEqual([one.has, other.has].sort(), [false, true]);
  const [first, second] = one.has ? [one, other] : [other, one];
  first.end();
  await wait(400);
  assert.ok(second.has);
});

test("a lease that is not renewed runs out", async () => {
  storage.setItem("logwatcher.lease.lead", `crashed ${Date.now() + 6_000}`);
  const held = hold(openLeases());
  await wait(5_800);
  assert.ok(!held.has);
  await wait(1_600);
  assert.ok(held.has);
});

test("a lock can be stolen, and its owner notices", async () => {
  const one = hold(openLeases());
  await wait(400);
  const other = hold(openLeases(), { steal: true });
  await wait(2_500);
  assert.ok(other.has);
  assert.equal(one.error, "AbortError");
});

test("a tab that no longer waits does not get it", async () => {
  const one = hold(openLeases());
  await wait(400);
  const giveUp = new AbortController();
  const other = hold(openLeases(), { signal: giveUp.signal });
  await wait(400);
  giveUp.abort();
  await wait(400);
  one.end();
  await wait(2_000);
  assert.ok(!other.has);
  assert.equal(other.error, "AbortError");
});

test("what is held can be asked for", async () => {
  const held = hold(openLeases());
  await wait(400);
  assert.deepEqual(await openLeases().query(), { held: [{ name: "lead" }] });
  held.end();
  await wait(100);
  assert.deepEqual(await openLeases().query(), { held: [] });
});

test("tabs share one connection by leases as they do by locks", async () => {
  const server = new FakeServer();
  const openChannel = fakeChannels();
  const shown = [];
  for (const view of ["", "range=1h", ""]) {
    const tab = new FakeTab(server, { locks: openLeases(), openChannel });
    shown.push(tab);
    await tab.show(view);
  }
  await wait(2_000);
  server.commit(3);
  await wait(100);
  assert.equal(server.open.length, 1);
  shown.find(({ stream }) => stream.isLeader).stream.leave();
  await wait(500);
  server.commit(4);
  await wait(100);
  assert.equal(server.open.length, 1);
  assert.deepEqual(shown.map(({ total }) => total).sort(), [3, 7, 7]);
  for (const tab of shown) tab.stream.leave();
});
