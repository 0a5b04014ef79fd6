import assert from "node:assert/strict";
import { test } from "node:test";

import { TrafficControls } from "../../frontend/src/trafficControls.js";
import { byId, openPage } from "./dom.js";

const html = (version) => `<input type="hidden" name="version" value="${version}">`;
const traffic = (version) => ({ version, html: html(version) });
const shown = () => Number(document.querySelector("[name=version]").value);

function controls() {
  openPage(`<div id="traffic">${html(5)}</div>`);
  const swap = (element, text) => (element.innerHTML = text);
  return new TrafficControls(byId("traffic"), { revision: "ab-7", swap });
}

test("a newer version replaces what is shown", () => {
  controls().take(traffic(6), "ab-7");
  assert.equal(shown(), 6);
});

test("a frame that was made before a click was answered changes nothing", () => {
  controls().take(traffic(4), "ab-9");
  assert.equal(shown(), 5);
});

test("an answer to a click that comes after a later frame is put right", () => {
  const taken = controls();
  taken.take(traffic(7), "ab-9");
  byId("traffic").innerHTML = html(6);
  taken.show();
  assert.equal(shown(), 7);
});

test("versions of another store have no order with those shown", () => {
  const taken = controls();
  taken.take(traffic(2), "cd-1");
  assert.equal(shown(), 2);
  taken.take(traffic(1), "cd-2");
  assert.equal(shown(), 2);
});

test("a server without mock traffic has a version and no form", () => {
  openPage('<div id="traffic"></div>');
  let swaps = 0;
  const taken = new TrafficControls(byId("traffic"), {
    revision: "ab-7",
    swap: () => (swaps += 1) < 9 && taken.show(), // as the event after a swap does
  });
  taken.take({ version: 0, html: "" }, "ab-8");
  assert.equal(swaps, 1);
});

test("a viewer without controls gets none", () => {
  openPage("");
  new TrafficControls(null, { revision: "ab-7", swap: assert.fail }).take(traffic(9), "ab-9");
});
