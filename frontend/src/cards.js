/**
 * Puts the cards that frames bring into the page.
 *
 * The list of requests is only replaced while nobody reads it: on a later page, or with the
 * pointer, the focus or a selection in it, or scrolled into, new requests are counted instead.
 */
import { formatNumber } from "./numberFormat.js";

export class Cards {
  #put;
  #isFirstPage;
  #added = 0;
  #waiting = null; // the newest list, not shown yet

  /** `put(element, html)` replaces what is in an element; `isFirstPage()` tells of the list. */
  constructor({ put, isFirstPage }) {
    this.#put = put;
    this.#isFirstPage = isFirstPage;
  }

  /** A frame brought these cards and so many new requests. The list may come later than they. */
  show(cards, added) {
    const { requests, ...others } = cards;
    const isRead = this.#isRead(); // asked first: afterwards it costs a layout
    for (const [id, html] of Object.entries(others)) this.#put(byId(id), html);
    this.#added += added;
    if (requests !== undefined) this.#waiting = requests;
    // All cards are made at once: a list that doesn't come looks as the one before.
    else if (Object.keys(others).length && this.#waiting === null && this.#isFirstPage()) this.#added = 0;
    this.settle(isRead);
  }

  /** Shows the list that waits, if nobody reads the old one, or how many requests are new. */
  settle(isRead = this.#isRead()) {
    const isFirst = this.#isFirstPage();
    if (!isFirst) this.#waiting = null;
    else if (!isRead) this.showNewest();
    this.#offer(isFirst && !isRead ? 0 : this.#added);
  }

  /** Shows the list that waits. Returns false if there is none. */
  showNewest() {
    if (this.#waiting === null) return false;
    this.#put(byId("requests"), this.#waiting);
    this.#waiting = null;
    this.#added = 0;
    return true;
  }

  /** The view was loaded; on the first page of requests, none is newer than those shown. */
  loaded({ isSameList }) {
    this.#waiting = null;
    if (this.#isFirstPage() || !isSameList) this.#added = 0;
    this.#offer(this.#added);
  }

  #isRead() {
    return this.#isFirstPage() && isBeingRead(byId("requests"));
  }

  /** The button that leads to so many new requests. */
  #offer(number) {
    const button = byId("requests-new");
    if (!button) return;
    if (button.hidden !== (number === 0)) button.hidden = number === 0;
    const count = button.querySelector("[data-count]");
    const text = formatNumber("count", number);
    if (count.textContent !== text) count.textContent = text;
  }
}

function byId(id) {
  return document.getElementById(id);
}

/** Whether rows that move would get into somebody's way. */
function isBeingRead(card) {
  const rows = card.querySelector("tbody");
  if (!rows) return false;
  const selection = getSelection();
  return (
    rows.contains(document.activeElement) ||
    (matchMedia("(hover: hover)").matches && rows.matches(":hover")) ||
    (!selection.isCollapsed && rows.contains(selection.anchorNode)) ||
    document.querySelector("#request-detail[open]") !== null ||
    card.getBoundingClientRect().top < 0
  );
}
