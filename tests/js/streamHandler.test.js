import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { judge } from "../../frontend/src/streamHandler.js";
import { fakeChannels, FakeLocks, FakeServer, FakeTab, settle } from "./fakeBrowser.js";

let server;
let browser;
let tabs;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_700_000_000_000 });
  server = new FakeServer();
  browser = { locks: new FakeLocks(), openChannel: fakeChannels() };
  tabs = [];
});

afterEach(() => {
  for (const tab of tabs) tab.stream.leave();
  mock.timers.reset();
});

async function openTab(view = "") {
  const tab = new FakeTab(server, browser);
  tabs.push(tab);
  await tab.show(view);
  return tab;
}

async function wait(ms) {
  await settle();
  for (let left = ms; left > 0; left -= 1_000) {
    mock.timers.tick(Math.min(left, 1_000));
    await settle();
  }
}

const gathered = () => wait(60);
const leaders = () => tabs.filter(({ stream }) => stream.isLeader);

const frameOf = (fields) => ({ now: 1, viewers: 1, revision: server.revision, ...fields });

/** All that was missed has been caught up, and nothing was counted twice. */
function assertExact(some = tabs) {
  for (const tab of some) {
    assert.equal(tab.total, server.total, "count");
    assert.equal(tab.point, server.total, "point");
  }
}

test("a frame is applied if it follows, skipped if it is older, and a gap is noticed", () => {
  const frame = { revision: "ab-7" };
  assert.equal(judge(frame, "ab-6", "ab-6"), "apply");
  assert.equal(judge(frame, "ab-4", "ab-6"), "apply");
  assert.equal(judge(frame, "ab-6", "ab-7"), "refresh");
  assert.equal(judge(frame, "ab-6", "ab-8"), "skip");
  assert.equal(judge(frame, undefined, "ab-6"), "skip", "of another view");
  assert.equal(judge(frame, "ab-6", "ab-5"), "lost");
  assert.equal(judge({ revision: "cd-7" }, "cd-6", "ab-6"), "lost", "of another store");
});

test("one tab connects, is live, and gets what is new", async () => {
  const tab = await openTab("range=1h");
  await gathered();
  assert.deepEqual(server.opened, ["api/live?view=range%3D1h&since=ab12cd34-0"]);
  assert.equal(tab.state, "live");
  server.commit(3);
  server.commit(4);
  await settle();
  assertExact();
});

test("polled, tabs stay live and miss nothing", async () => {
  server.isPolled = true;
  await openTab("");
  await openTab("range=1h");
  await gathered();
  for (const events of [3, 1, 4]) {
    server.commit(events);
    await wait(1_000);
    assertExact();
  }
  assert.equal(server.open.length, 0);
  assert.match(server.opened.at(-1), /&at=17$/);
  assert.ok(tabs.every(({ state }) => state === "live"));
  assert.deepEqual(tabs.map(({ loads }) => loads), [1, 1]);
});

test("what happened between loading and connecting is caught up", async () => {
  const tab = await openTab();
  server.commit(5);
  await gathered();
  assertExact([tab]);
  assert.equal(tab.loads, 1);
});

test("eight tabs share one connection and all are live", async () => {
  for (const view of ["", "", "range=1h", "", "status=5xx", "range=1h", "", "method=GET"]) {
    await openTab(view);
  }
  await gathered();
  server.commit(2);
  await settle();
  assert.equal(server.open.length, 1);
  assert.equal(leaders().length, 1);
  assert.equal([...server.open[0].at].length, 4);
  assert.ok(tabs.every(({ state }) => state === "live"));
  assertExact();
});

test("another page on the same origin has a connection of its own", async () => {
  const other = new FakeServer();
  tabs.push(new FakeTab(other, { ...browser, openChannel: fakeChannels(), place: "/shop/logwatcher/" }));
  await tabs[0].show("");
  await openTab("");
  await gathered();
  assert.equal(leaders().length, 2);
  assert.equal(server.open.length, 1);
  assert.equal(other.open.length, 1);
});

test("when the leader is closed another tab goes on at once, with nothing lost or twice", async () => {
  for (const view of ["", "", "range=1h"]) await openTab(view);
  await gathered();
  server.commit(1);
  await settle();
  const [leader] = leaders();
  leader.stream.leave();
  server.commit(2);
  await gathered();
  server.commit(4);
  await settle();
  const others = tabs.filter((tab) => tab !== leader);
  assert.equal(server.open.length, 1);
  assert.equal(leaders().length, 1);
  assertExact(others);
  assert.deepEqual(others.map(({ loads }) => loads), [1, 1]);
});

test("when the leader crashes another tab goes on, and its view is forgotten", async () => {
  for (const view of ["range=7d", "", "range=1h"]) await openTab(view);
  await gathered();
  const [leader] = leaders();
  leader.source = server.open[0];
  leader.crash();
  await gathered();
  server.commit(2);
  await wait(5_100);
  server.commit(2);
  await settle();
  const others = tabs.filter((tab) => tab !== leader);
  assertExact(others);
  assert.ok(![...server.open[0].at.keys()].includes("range=7d"));
});

test("a leader that says nothing loses the lead", async () => {
  const [first, second] = [await openTab(), await openTab()];
  await gathered();
  assert.ok(first.stream.isLeader);
  first.channel.onmessage = null; // hung: it neither hears nor says anything
  first.channel.postMessage = () => {};
  await wait(70_000);
  server.commit(3);
  await settle();
  assert.ok(second.stream.isLeader);
  assert.ok(!first.stream.isLeader);
  assert.equal(server.open.length, 1);
  assertExact([second]);
});

test("two tabs that open at the same moment have one leader", async () => {
  tabs.push(new FakeTab(server, browser), new FakeTab(server, browser));
  await Promise.all(tabs.map((tab) => tab.show()));
  await gathered();
  server.commit(1);
  await settle();
  assert.equal(leaders().length, 1);
  assert.equal(server.opened.length, 1);
  assertExact();
});

test("a hidden tab gives up its part, and is right at once when shown", async () => {
  const [first, second] = [await openTab(), await openTab("range=1h")];
  await gathered();
  second.stream.leave();
  await gathered();
  assert.deepEqual([...server.open[0].at.keys()], [""]);
  server.commit(5);
  await settle();
  assert.equal(second.total, 0);
  second.stream.join();
  await settle();
  await gathered();
  assertExact();
  assert.equal(second.loads, 1, "by the stream alone");
  assert.equal(first.loads, 1);
});

test("no connection is open while all tabs are hidden", async () => {
  const tab = await openTab();
  await gathered();
  tab.stream.leave();
  assert.equal(server.sources.size, 0);
  server.commit(2);
  tab.stream.join();
  await settle();
  await gathered();
  assertExact();
});

test("after more than a minute hidden the view is loaded", async () => {
  const tab = await openTab();
  await gathered();
  tab.stream.leave();
  server.commit(2);
  mock.timers.tick(61_000);
  tab.stream.join();
  await settle();
  await gathered();
  assert.equal(tab.loads, 2);
  assertExact();
});

test("a tab that comes back late to a view that others have newer loads it, and only it", async () => {
  const [first, second] = [await openTab(), await openTab()];
  await gathered();
  second.stream.leave();
  server.commit(2);
  await settle();
  second.stream.join();
  await settle();
  await gathered();
  server.commit(3);
  await settle();
  assertExact();
  assert.deepEqual([first.loads, second.loads], [1, 2]);
});

test("another view is followed from where it was loaded", async () => {
  const tab = await openTab();
  await gathered();
  server.commit(2);
  await tab.load("status=5xx", () => server.commit(3));
  await settle();
  assert.equal(tab.total, 2);
  await gathered();
  assertExact();
  server.commit(1);
  await settle();
  assertExact();
});

test("frames that come while the same view is loaded are neither lost nor counted twice", async () => {
  const tab = await openTab();
  await gathered();
  await tab.load("", () => {
    server.commit(3);
    server.commit(1);
  });
  await gathered();
  server.commit(2);
  await settle();
  assertExact();
  assert.equal(tab.loads, 2);
});

test("a repeated frame is counted once", async () => {
  const tab = await openTab();
  await gathered();
  server.commit(3);
  const [source] = server.open;
  source.hear("frame", frameOf({ revision: "ab12cd34-0", views: { "": { points: [[0, 9]], new: 9 } } }));
  assert.deepEqual([tab.total, tab.point], [3, 3]);
  source.hear("frame", frameOf({ views: { "": { points: [[0, 3]], new: 3 } } }));
  assertExact();
});

test("a frame may bring cards of the revision that is already shown", async () => {
  const tab = await openTab();
  await gathered();
  server.commit(3);
  server.open[0].hear("frame", frameOf({ views: { "": { points: [[0, "same"]], new: 0 } } }));
  assert.equal(tab.point, "same");
});

test("a broken connection is caught up after it", async () => {
  const tab = await openTab();
  await openTab("range=1h");
  await gathered();
  server.commit(1);
  server.isUp = false;
  server.drop();
  await settle();
  assert.equal(tab.state, "reconnecting");
  server.isUp = true;
  server.commit(4);
  for (const source of server.sources) server.answer(source);
  await settle();
  assert.equal(tab.state, "live");
  assertExact();
});

test("a server that answers with errors is asked again, and then caught up", async () => {
  const tab = await openTab();
  await gathered();
  server.status = 503;
  server.drop();
  for (const source of server.sources) server.answer(source);
  server.commit(4);
  await wait(30_000);
  assert.equal(tab.state, "reconnecting");
  server.status = 200;
  await wait(15_000);
  assert.equal(tab.state, "live");
  assertExact();
});

test("after a refusal nobody asks again, until a tab comes that could load its view", async () => {
  const tab = await openTab();
  await gathered();
  server.status = 401;
  server.drop();
  for (const source of server.sources) server.answer(source);
  await wait(30_000);
  assert.equal(tab.state, "refused");
  const { length } = server.opened;
  await wait(120_000);
  assert.equal(server.opened.length, length);
  server.status = 200;
  const next = await openTab();
  await gathered();
  assert.deepEqual([tab.state, next.state], ["live", "live"]);
  assertExact();
});

test("a silent connection is replaced", async () => {
  const tab = await openTab();
  await gathered();
  const [silent] = server.open;
  server.sources.delete(silent);
  server.commit(4);
  await wait(46_000);
  assertExact([tab]);
  assert.equal(silent.readyState, 2);
});

test("heartbeats keep a connection, and the followers' trust in it", async () => {
  for (const view of ["", ""]) await openTab(view);
  await gathered();
  for (let time = 0; time < 120_000; time += 15_000) {
    await wait(15_000);
    server.heartbeat();
    await settle();
  }
  assert.equal(server.opened.length, 1);
  assert.ok(tabs[0].stream.isLeader);
});

test("what is too old to be caught up is loaded by every tab", async () => {
  for (const view of ["", "", "range=1h"]) await openTab(view);
  await gathered();
  server.drop();
  server.commit(7);
  server.oldest = 1;
  for (const source of server.sources) server.answer(source);
  await settle();
  await gathered();
  server.commit(2);
  await settle();
  assertExact();
  assert.deepEqual(tabs.map(({ loads }) => loads), [2, 2, 2]);
  assert.equal(server.open.length, 1);
});

test("a server with another store makes every tab begin anew", async () => {
  for (const view of ["", "range=1h"]) await openTab(view);
  await gathered();
  server.commit(9);
  server.drop();
  server.replaceStore();
  server.commit(1);
  for (const source of server.sources) server.answer(source);
  await settle();
  await gathered();
  server.commit(2);
  await settle();
  assertExact();
});

test("without locks or channels each tab has its own connection", async () => {
  for (const parts of [{}, { openChannel: browser.openChannel }, { locks: browser.locks }]) {
    const tab = new FakeTab(server, parts);
    tabs.push(tab);
    await tab.show();
  }
  await gathered();
  server.commit(2);
  await settle();
  assert.equal(server.open.length, 3);
  assertExact();
});

test("the way back from offline is tried at once", async () => {
  const tab = await openTab();
  await gathered();
  server.isUp = false;
  server.drop();
  await settle();
  server.isUp = true;
  server.commit(3);
  tab.stream.wake();
  await settle();
  assert.equal(tab.state, "live");
  assertExact();
});

/** Small, seeded and good enough: numerical recipes' generator. */
function randomOf(seed) {
  let state = seed;
  return () => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}

for (let seed = 1; seed <= 40; seed += 1) {
  test(`whatever the tabs do, all are exact in the end (seed ${seed})`, async () => {
    const random = randomOf(seed);
    const choose = (list) => list[Math.floor(random() * list.length)];
    const shown = new Set();
    const views = ["", "range=1h", "status=5xx"];
    const steps = {
      commit: () => server.commit(Math.floor(random() * 3)),
      pause: () => wait(6_000),
      open: async () => shown.size < 8 && shown.add(await openTab(choose(views))),
      hide: () => {
        const tab = choose([...shown]);
        tab?.stream.leave();
        shown.delete(tab);
      },
      back: async () => {
        const tab = choose(tabs.filter((one) => !shown.has(one)));
        if (tab) shown.add(tab);
        tab?.stream.join();
        await settle();
      },
      visit: () => choose([...shown])?.load(choose(views), steps.commit),
      drop: async () => {
        server.drop();
        await settle();
        for (const source of server.sources) server.answer(source);
      },
    };
    for (let step = 0; step < 60; step += 1) {
      await choose(Object.values(steps))();
      await gathered();
    }
    await wait(6_000);
    server.commit(2);
    await wait(1_000);
    assertExact(shown);
    assert.equal(server.open.length, shown.size ? 1 : 0);
    for (const tab of shown) assert.equal(tab.state, "live");
  });
}
