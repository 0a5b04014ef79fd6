import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { closeMenu, initMenus } from "../../frontend/src/menu.js";
import { byId, openPage } from "./dom.js";

const menu = (id) => `<details class="menu" id="${id}"><summary id="${id}-button">menu</summary>
  <div class="dropdown-menu"><a id="${id}-choice" href="#">choice</a>
    <form><input id="${id}-field" type="number" min="1"><button type="button" id="${id}-set">Set</button></form>
  </div></details>`;

beforeEach(() => {
  openPage(menu("one") + menu("other") + '<p id="outside" tabindex="-1"></p>');
  initMenus();
  byId("one").open = true;
});

test("a menu that has been used closes", () => {
  byId("one-choice").click();
  assert.equal(byId("one").open, false);
});

test("a field in a menu leaves it open", () => {
  byId("one-field").click();
  assert.equal(byId("one").open, true);
});

test("a field that can't be sent leaves it open, to say why", () => {
  byId("one-field").value = "0";
  byId("one-set").click();
  assert.equal(byId("one").open, true);
  byId("one-field").value = "1";
  byId("one-set").click();
  assert.equal(byId("one").open, false);
});

test("a click elsewhere closes it", () => {
  byId("outside").click();
  assert.equal(byId("one").open, false);
});

test("so does the focus that moves on", () => {
  byId("outside").focus();
  assert.equal(byId("one").open, false);
});

test("closing one gives the focus back to its button", () => {
  byId("one-choice").focus();
  assert.equal(closeMenu(), true);
  assert.equal(byId("one").open, false);
  assert.equal(document.activeElement.id, "one-button");
  assert.equal(closeMenu(), false);
});
