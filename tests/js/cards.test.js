import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Cards } from "../../frontend/src/cards.js";
import { byId, openPage } from "./dom.js";

const NEW = '<a id="requests-new" hidden><span data-count>0</span> new</a>';
const list = (row) => `${NEW}<table><tbody><tr><td><a href="#">${row}</a></td></tr></tbody></table>`;

let isFirstPage;
let cards;

beforeEach(() => {
  isFirstPage = true;
  openPage(`<section id="tiles"></section><section id="requests">${list("old")}</section>
    <dialog id="request-detail"></dialog>`);
  byId("requests").getBoundingClientRect = () => ({ top: 100 });
  cards = new Cards({
    put: (element, html) => (element.innerHTML = html),
    isFirstPage: () => isFirstPage,
  });
});

const show = (...parts) => {
  for (const part of parts) cards.take(...part);
  cards.show();
};
const row = () => document.querySelector("#requests td").textContent;
const offered = () => (byId("requests-new").hidden ? null : byId("requests-new").textContent);
const read = () => document.querySelector("#requests td a").focus();
const stopReading = () => document.activeElement.blur();

test("cards are put where they belong", () => {
  show([{ tiles: "<p>75</p>" }, 0]);
  assert.equal(byId("tiles").textContent, "75");
  assert.equal(row(), "old");
});

test("the first page takes the newest list", () => {
  show([{ requests: list("newer") }, 2]);
  assert.equal(row(), "newer");
  assert.equal(offered(), null);
});

test("requests that come before their list are not offered on the first page", () => {
  show([{}, 1]);
  assert.equal(offered(), null);
});

test("a list that is read stays, and what is new is counted", () => {
  read();
  show([{ requests: list("newer") }, 2]);
  show([{ requests: list("newest") }, 10]);
  assert.equal(row(), "old");
  assert.equal(offered(), "12 new");
  stopReading();
  cards.show();
  assert.equal(row(), "newest");
  assert.equal(offered(), null);
});

for (const [how, begin] of Object.entries({
  "with the pointer on it": () => {
    const rows = document.querySelector("#requests tbody");
    rows.matches = (selector) => selector === ":hover";
  },
  "with a selection in it": () => {
    const anchorNode = document.querySelector("#requests td");
    globalThis.getSelection = () => ({ isCollapsed: false, anchorNode });
  },
  "with the detail of a request open": () => byId("request-detail").setAttribute("open", ""),
  "scrolled so far that its head is out of sight": () => {
    byId("requests").getBoundingClientRect = () => ({ top: -1 });
  },
})) {
  test(`a list stays ${how}`, () => {
    begin();
    show([{ requests: list("newer") }, 2]);
    assert.equal(row(), "old");
    assert.equal(offered(), "2 new");
  });
}

test("the button shows the list that waits, read or not", () => {
  read();
  show([{ requests: list("newer") }, 2]);
  assert.equal(cards.showNewest(), true);
  assert.equal(row(), "newer");
  assert.equal(cards.showNewest(), false);
});

test("a later page stays as it is, and counts", () => {
  isFirstPage = false;
  show([{ requests: list("newer"), tiles: "" }, 2]);
  show([{}, 3]);
  assert.equal(row(), "old");
  assert.equal(offered(), "5 new");
  assert.equal(cards.showNewest(), false, "the first page has to be loaded");
});

test("the count goes on from page to page, and ends on the first", () => {
  isFirstPage = false;
  show([{}, 3]);
  cards.loaded({ isSameList: true });
  assert.equal(offered(), "3 new");
  isFirstPage = true;
  cards.loaded({ isSameList: true });
  assert.equal(offered(), null);
});

test("requests that are newer than the list that came with them stay counted", () => {
  show([{ requests: list("newer") }, 2], [{}, 3]);
  isFirstPage = false;
  cards.loaded({ isSameList: true });
  assert.equal(offered(), "3 new");
});

test("another view begins at none", () => {
  isFirstPage = false;
  show([{}, 3]);
  cards.loaded({ isSameList: false });
  assert.equal(offered(), null);
});

test("a list that did not change with the other cards is current", () => {
  show([{}, 3]);
  show([{ tiles: "" }, 0]);
  read();
  cards.show();
  assert.equal(offered(), null);
});
