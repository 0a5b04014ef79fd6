import assert from "node:assert/strict";
import { test } from "node:test";

import { compareRevisions } from "../../frontend/src/revision.js";

test("revisions are ordered by number, not by text", () => {
  assert.ok(compareRevisions("ab-9", "ab-10") < 0);
  assert.ok(compareRevisions("ab-10", "ab-9") > 0);
  assert.equal(compareRevisions("ab-9", "ab-9"), 0);
});

test("revisions of two stores have no order", () => {
  assert.equal(compareRevisions("ab-9", "cd-9"), NaN);
});
