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
  #changed = {}; // cards that aren't shown yet, but for the list
  #waiting = null; // the newest list, where it isn't shown yet
  #added = 0; // requests that are newer than the list shown
  #later = 0; // … than the newest list there is

  /** `put(element, html)` replaces what is in an element; `isFirstPage()` tells of the list. */
  constructor({ put, isFirstPage }) {
    this.#put = put;
    this.#isFirstPage = isFirstPage;
  }

  /** A frame's cards and number of new requests; the list they are in may come later. */
  take(cards, added) {
    const { requests, ...others } = cards;
    Object.assign(this.#changed, others);
    this.#added += added;
    this.#later += added;
    // All cards are made at once: a list that doesn't come with others is as it was.
    if (Object.keys(cards).length) this.#later = 0;
    if (requests !== undefined) this.#waiting = requests;
    if (this.#waiting === null && this.#isFirstPage()) this.#added = this.#later;
  }

  /** Shows what was taken, but for a list that somebody reads: that has to wait. */
  show() {
    const isFirst = this.#isFirstPage();
    const isRead = isFirst && isBeingRead(byId("requests")); // asked later, it costs a layout
    for (const [id, html] of Object.entries(this.#changed)) this.#put(byId(id), html);
    this.#changed = {};
    if (!isRead) this.showNewest();
    this.#offer(isFirst && !isRead ? 0 : this.#added);
  }

  /** Shows the list that waits on the first page. Returns false if there is none. */
  showNewest() {
    if (this.#waiting === null || !this.#isFirstPage()) return false;
    this.#put(byId("requests"), this.#waiting);
    this.#waiting = null;
    this.#added = this.#later;
    return true;
  }

  /** The view was loaded; on the first page of requests, none is newer than those shown. */
  loaded({ isSameList }) {
    this.#changed = {};
    this.#waiting = null;
    if (this.#isFirstPage() || !isSameList) this.#added = this.#later = 0;
    this.#offer(this.#added);
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
