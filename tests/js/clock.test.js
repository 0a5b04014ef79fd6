import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Clock } from "../../frontend/src/clock.js";

let elapsed;

beforeEach(() => {
  elapsed = 1_000;
  mock.method(performance, "now", () => elapsed);
});
afterEach(() => mock.restoreAll());

test("the message that was fastest tells the server's time", () => {
  const clock = new Clock();
  clock.observe(5_000 - 0.3); // 300 ms on its way
  elapsed += 1_000;
  clock.observe(5_001 - 0.02);
  elapsed += 1_000;
  clock.observe(5_002 - 0.5);
  assert.ok(Math.abs(clock.now() - 5_001.98) < 1e-9);
});

test("time goes on between messages", () => {
  const clock = new Clock();
  clock.observe(5_000);
  elapsed += 2_500;
  assert.equal(clock.now(), 5_002.5);
});

test("a server whose clock was put back is believed after some messages", () => {
  const clock = new Clock();
  clock.observe(5_000);
  for (let message = 0; message < 30; message += 1) clock.observe(4_000);
  assert.equal(clock.now(), 4_000);
});

test("before the first message this browser's own time has to do", () => {
  assert.ok(Math.abs(new Clock().now() - Date.now() / 1000) < 1);
});
