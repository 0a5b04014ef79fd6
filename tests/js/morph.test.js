import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { morph } from "../../frontend/src/morph.js";
import { byId, openPage } from "./dom.js";

let added;

beforeEach(() => {
  openPage('<section id="card"></section>');
  added = [];
});

/** Shows one HTML after the other; returns what the second is shown in. */
function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  morph(byId("card"), template.content, (node) => added.push(node));
  return byId("card");
}

const row = (id, text = id) => `<li id="${id}"><a hx-get="${id}" title="${text}">${text}</a></li>`;

test("what comes is what is shown", () => {
  for (const html of ["<p>one</p>", "", "text <b>bold</b> text", "<p class=\"a\">two</p><p>three</p>", "<i>x</i>"]) {
    assert.equal(show(html).innerHTML, html);
  }
});

test("every order of rows becomes every other", () => {
  const orders = ["abc", "cab", "b", "", "dbe", "abcde", "edcba", "xay"];
  for (const one of orders) {
    for (const other of orders) {
      const [from, to] = [one, other].map((ids) => [...ids].map((id) => row(id)).join("\n"));
      show(from);
      assert.equal(show(to).innerHTML, to, `${one} → ${other}`);
    }
  }
});

test("a row stays itself where it moves to", () => {
  show(row("a") + row("b"));
  const [a, b] = [byId("a"), byId("b")];
  show(row("b", "new text") + row("a"));
  assert.equal(byId("a"), a);
  assert.equal(byId("b"), b);
  assert.equal(b.textContent, "new text");
});

test("a new row is the one that has gone, with other texts", () => {
  show(row("a") + row("b"));
  added = [];
  const gone = byId("b");
  show(row("c") + row("a"));
  assert.equal(byId("c"), gone);
  assert.equal(gone.querySelector("a").getAttribute("hx-get"), "c");
  assert.equal(gone.querySelector("a").title, "c");
  assert.deepEqual(added, []);
});

test("nothing is written where nothing differs", () => {
  const html = row("a") + row("b");
  const observer = new window.MutationObserver(() => {});
  observer.observe(show(html), { attributes: true, characterData: true, childList: true, subtree: true });
  show(html);
  assert.deepEqual(observer.takeRecords(), []);
  show(row("a") + row("b", "other"));
  assert.ok(observer.takeRecords().length > 0);
});

test("a menu stays open, and what htmx noted stays noted", () => {
  const html = '<details id="menu"><summary>Menu</summary></details>';
  show(html);
  byId("menu").setAttribute("open", "");
  byId("menu").setAttribute("data-htmx-powered", "true");
  byId("menu").setAttribute("title", "old");
  show(html);
  assert.deepEqual(byId("menu").getAttributeNames().sort(), ["data-htmx-powered", "id", "open"]);
});

test("htmx is told of what came in, and a plain link does not become one of its own", () => {
  show('<a href="1">one</a>');
  added = [];
  const link = show('<a href="2" hx-get="2">two</a>').firstChild;
  assert.deepEqual(added, [link]);
});
