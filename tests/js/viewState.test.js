import assert from "node:assert/strict";
import { test } from "node:test";

import {
  changeView,
  parseView,
  streamQuery,
  unzoomView,
  viewQuery,
  viewUrl,
  zoomView,
} from "../../frontend/src/viewState.js";

test("the default view has an empty query", () => {
  assert.equal(viewQuery(parseView("")), "");
  assert.equal(viewUrl(parseView("?range=5m&status=")), "./");
});

test("a query is put into the canonical order, and its defaults are left out", () => {
  const view = parseView("?before=17.3&status=5xx&range=15m&sort=-requests&color=red");
  assert.equal(viewQuery(view), "range=15m&status=5xx&before=17.3");
});

test("a query says the same after a round trip", () => {
  for (const query of [
    "range=1h&step=30s",
    "range=1h&from=1700000000&to=1700000300&source=nginx&method=GET",
    "endpoint=%2Fapi%2Forders%2F%7Bid%7D&sort=-p95",
  ]) {
    assert.equal(viewQuery(parseView(query)), query);
  }
});

test("values are quoted as the server quotes them", () => {
  // Python: urlencode({"endpoint": "/a b/(x)*'!~é"})
  const query = viewQuery({ endpoint: "/a b/(x)*'!~é" });
  assert.equal(query, "endpoint=%2Fa+b%2F%28x%29%2A%27%21~%C3%A9");
  assert.equal(parseView(query).endpoint, "/a b/(x)*'!~é");
});

test("another filter starts at the first page of requests", () => {
  const view = changeView(parseView("status=4xx&before=17.3"), { method: "PUT" });
  assert.equal(viewQuery(view), "status=4xx&method=PUT");
});

test("the stream serves every page of requests alike", () => {
  assert.equal(streamQuery("status=4xx&before=17.3"), "status=4xx");
});

test("a zoom keeps a chosen step only where it gives 2 to 720 points", () => {
  const view = parseView("range=6h&step=1m");
  assert.equal(viewQuery(zoomView(view, 1200, 1320)), "range=6h&step=1m&from=1200&to=1320");
  assert.equal(viewQuery(zoomView(view, 1200, 1319)), "range=6h&from=1200&to=1319");
  assert.equal(zoomView(view, 0, 720 * 60).step, "1m");
  assert.equal(zoomView(view, 0, 721 * 60).step, "");
});

test("out of a zoom the range is as before", () => {
  const view = zoomView(parseView("range=6h&status=404"), 1200, 1320);
  assert.equal(viewQuery(unzoomView(view)), "range=6h&status=404");
});
