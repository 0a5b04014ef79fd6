import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Connection, retryDelay } from "../../frontend/src/connection.js";

class Source extends EventTarget {
  readyState = 0;
  isClosed = false;
  close() {
    this.isClosed = true;
  }
  hear(type, data = {}) {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }
  fail(readyState) {
    this.readyState = readyState;
    this.onerror();
  }
}

function connect({ isOnline = () => true, isRefused = async () => false } = {}) {
  const sources = [];
  const heard = [];
  const on = Object.fromEntries(
    ["frame", "heartbeat", "reset", "state"].map((name) => [
      name,
      (...data) => heard.push([name, ...data]),
    ]),
  );
  const openSource = (at) => sources[sources.push(Object.assign(new Source(), { at })) - 1];
  const connection = new Connection({ openSource, isRefused, isOnline, on });
  connection.open();
  const states = () => heard.filter(([name]) => name === "state").map(([, state]) => state);
  return { connection, sources, heard, states };
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});

test("the first try comes within 1 to 5 s, later ones within 1 to 15 s", () => {
  const range = (attempt) => [0, 1].map((random) => retryDelay(attempt, () => random));
  assert.deepEqual(range(0), [1000, 5000]);
  assert.deepEqual(range(1), [1000, 7000]);
  assert.deepEqual(range(99), [1000, 15000]);
});

test("where each answer ends with `again` it is live, and asks again after the pause", () => {
  const { sources, heard, states } = connect();
  sources[0].hear("heartbeat");
  sources[0].hear("again", { pause: 1.5, at: 17.25 });
  assert.ok(sources[0].isClosed);
  mock.timers.tick(1_499);
  assert.equal(sources.length, 1);
  mock.timers.tick(1);
  assert.deepEqual(sources.map(({ at }) => at), [undefined, 17.25]);
  sources[1].hear("frame");
  assert.equal(heard.find(([name]) => name === "frame")[2], false, "nothing was missed before it");
  assert.ok(states().every((state) => state === "live"));
});

test("closed while it waits to ask again, it does not ask", () => {
  const { connection, sources } = connect();
  sources[0].hear("again", { pause: 1, at: 1 });
  connection.close();
  mock.timers.tick(60_000);
  assert.equal(sources.length, 1);
});

test("a connection is live once it said something", () => {
  const { sources, states } = connect();
  assert.deepEqual(states(), []);
  sources[0].hear("heartbeat");
  assert.deepEqual(states(), ["live"]);
});

test("the first frame of each connection is marked", () => {
  const { sources, heard } = connect();
  const firsts = () => heard.filter(([name]) => name === "frame").map(([, , isFirst]) => isFirst);
  sources[0].hear("frame");
  sources[0].hear("frame");
  sources[0].fail(0); // the browser connects again by itself
  sources[0].hear("frame");
  assert.deepEqual(firsts(), [true, false, true]);
});

test("a dropped connection is left to the browser, an error answer is tried again", () => {
  const { sources, states } = connect();
  sources[0].hear("frame");
  sources[0].fail(0);
  mock.timers.tick(15_000);
  assert.equal(sources.length, 1);
  assert.equal(states().at(-1), "reconnecting");
  sources[0].fail(2);
  mock.timers.tick(5_000);
  assert.equal(sources.length, 2);
});

test("an answer that takes a login is told, and nothing is asked again", async () => {
  const { sources, states } = connect({ isRefused: async () => true });
  sources[0].hear("frame");
  sources[0].fail(2);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(states().at(-1), "refused");
  mock.timers.tick(60_000);
  assert.equal(sources.length, 1);
});

test("closed while it asks whether it takes a login, it says nothing of it", async () => {
  const { connection, sources, states } = connect({ isRefused: async () => true });
  sources[0].fail(2);
  connection.close();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(states(), ["connecting"]);
});

test("without a network the state is offline", () => {
  const { sources, states } = connect({ isOnline: () => false });
  sources[0].fail(0);
  assert.deepEqual(states(), ["offline"]);
});

test("a connection that fell silent is opened anew, one with heartbeats is not", () => {
  const { connection, sources, states } = connect();
  sources[0].hear("heartbeat");
  mock.timers.tick(40_000);
  connection.check();
  assert.equal(sources.length, 1);
  mock.timers.tick(1);
  connection.check();
  assert.equal(sources.length, 2);
  assert.ok(sources[0].isClosed);
  assert.equal(states().at(-1), "reconnecting");
});

test("a server that takes the connection and says nothing counts as down after 2 s", () => {
  const { sources, states } = connect();
  sources[0].hear("frame");
  sources[0].fail(2);
  mock.timers.tick(5_000);
  mock.timers.tick(2_000);
  assert.equal(states().at(-1), "reconnecting");
});

test("a connection that says nothing after the network went counts as offline", () => {
  let isOnline = true;
  const { connection, sources, states } = connect({ isOnline: () => isOnline });
  sources[0].hear("frame");
  isOnline = false;
  connection.doubt();
  sources[0].hear("frame"); // of a server on this very machine
  mock.timers.tick(2_000);
  assert.equal(states().at(-1), "live");
  connection.doubt();
  mock.timers.tick(2_000);
  assert.equal(states().at(-1), "offline");
});

test("a closed connection says no more", () => {
  const { connection, sources, heard } = connect();
  connection.close();
  sources[0].hear("frame");
  sources[0].fail(2);
  mock.timers.tick(60_000);
  assert.deepEqual(heard, []);
  assert.equal(sources.length, 1);
});
