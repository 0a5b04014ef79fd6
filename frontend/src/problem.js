/** The line that says what went wrong, while the page goes on with what it has. */

/** What to tell of an answer; `status` 0 is none at all. */
export function explain(status, text = "") {
  if (status === 0) return "The server can’t be reached.";
  if (status === 401) return "You are logged out, or your session has ended.";
  if (status === 403) return "The server refused this. Reload the page, then try again.";
  const reason = text.length < 200 && !text.includes("<") ? text.trim() : "";
  return `The server answered with an error (${status}). ${reason}`.trim();
}

export class Problem {
  #retry = null;
  #isOver = false; // as soon as the server is heard

  constructor() {
    byId("problem-retry").addEventListener("click", () => this.#retry?.());
  }

  /** An answer was an error, or, with status 0, none came. `retry` is what the button does. */
  show(status, text, retry = null) {
    this.#retry = retry;
    this.#isOver = status === 0 || status === 401;
    byId("problem-login").hidden = status !== 401;
    byId("problem-login").href = `login?next=${encodeURIComponent(location.search)}`;
    byId("problem-retry").hidden = retry === null;
    byId("problem-text").textContent = explain(status, text);
    byId("problem").hidden = false;
  }

  hide() {
    byId("problem").hidden = true;
  }

  /** The server was heard. */
  reached() {
    if (this.#isOver) this.hide();
  }
}

function byId(id) {
  return document.getElementById(id);
}
