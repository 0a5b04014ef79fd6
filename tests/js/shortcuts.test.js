import assert from "node:assert/strict";
import { test } from "node:test";

import { initShortcuts } from "../../frontend/src/shortcuts.js";
import { byId, openPage } from "./dom.js";

function open() {
  const done = [];
  const window = openPage(`
    <button id="pause">Pause</button><a id="link" href="#">link</a><input id="field">
    <a data-range="5m">5m</a><a data-range="30d">30d</a><dialog id="sheet"></dialog>`);
  document.addEventListener("click", ({ target }) => done.push(target.id || target.dataset.range));
  initShortcuts({ t: () => done.push("theme"), Escape: () => done.push("out") });
  const press = (key, { on = document.body, ...options } = {}) => {
    const event = new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options });
    on.dispatchEvent(event);
    return event.defaultPrevented;
  };
  return { done, press };
}

test("a key clicks what it stands for, or acts", () => {
  const { done, press } = open();
  for (const key of ["1", "7", "p", "P", " ", "t", "Escape"]) assert.equal(press(key), true, key);
  assert.deepEqual(done, ["5m", "30d", "pause", "pause", "pause", "theme", "out"]);
});

test("a key for something that is not in the page does nothing", () => {
  const { done, press } = open();
  assert.equal(press("o"), false);
  assert.equal(press("x"), false);
  assert.deepEqual(done, []);
});

test("keys with modifiers are the browser's", () => {
  const { done, press } = open();
  for (const key of ["ctrlKey", "metaKey", "altKey"]) assert.equal(press("1", { [key]: true }), false);
  assert.deepEqual(done, []);
});

test("keys typed into a field are the field's, but for Escape", () => {
  const { done, press } = open();
  press("p", { on: byId("field") });
  press("Escape", { on: byId("field") });
  assert.deepEqual(done, ["out"]);
});

test("space presses a button that has the focus, and does nothing else", () => {
  const { done, press } = open();
  press(" ", { on: byId("link") });
  assert.deepEqual(done, []);
});

test("a key that is held down acts once", () => {
  const { done, press } = open();
  press("p", { repeat: true });
  assert.deepEqual(done, []);
});

test("an open sheet has all keys to itself", () => {
  const { done, press } = open();
  byId("sheet").setAttribute("open", "");
  press("p");
  assert.deepEqual(done, []);
});
