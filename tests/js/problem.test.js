import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { explain, Problem } from "../../frontend/src/problem.js";
import { byId, openPage } from "./dom.js";

beforeEach(() => {
  openPage('<div id="problem" hidden><span id="problem-text"></span><button id="problem-retry"></button><a id="problem-login" hidden></a></div>');
});

test("an answer's own line of text is told, its pages are not", () => {
  assert.equal(explain(400, "rate: too high"), "The server answered with an error (400). rate: too high");
  assert.equal(explain(500, "<h1>Server Error</h1>"), "The server answered with an error (500).");
});

test("no answer at all is told as such", () => {
  assert.equal(explain(0), "The server can’t be reached.");
});

test("what can be tried again has a button, what can't has none", () => {
  const tries = [];
  const problem = new Problem();
  problem.show(500, "", () => tries.push("again"));
  assert.equal(byId("problem").hidden, false);
  byId("problem-retry").click();
  assert.deepEqual(tries, ["again"]);
  problem.show(400, "no");
  assert.equal(byId("problem-retry").hidden, true);
});

test("where a login is needed, the link to it leads back to this view", () => {
  const problem = new Problem();
  location.href = "http://server/?range=1h";
  problem.show(401);
  assert.equal(byId("problem-login").hidden, false);
  assert.equal(byId("problem-login").getAttribute("href"), "login?next=%3Frange%3D1h");
  problem.show(400, "no");
  assert.equal(byId("problem-login").hidden, true);
});

test("a server that is heard again is reachable, but what it refused stays told", () => {
  const problem = new Problem();
  problem.show(400, "no");
  problem.reached();
  assert.equal(byId("problem").hidden, false);
  problem.show(0);
  problem.reached();
  assert.equal(byId("problem").hidden, true);
});
