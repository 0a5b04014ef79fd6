/** The line that says what went wrong, while the page goes on with what it has. */

/** What to tell of an answer; `status` 0 is none at all. */
export function explain(status, text = "") {
  if (status === 0) return "The server can’t be reached.";
  if (status === 403) return "The server refused this. Reload the page, then try again.";
  const reason = text.length < 200 && !text.includes("<") ? text.trim() : "";
  return `The server answered with an error (${status}). ${reason}`.trim();
}

export class Problem {
  #retry = null;

  constructor() {
    document.getElementById("problem-retry").addEventListener("click", () => this.#retry?.());
  }

  /** `retry`, if given, is what the button does. */
  show(text, retry = null) {
    this.#retry = retry;
    document.getElementById("problem-retry").hidden = retry === null;
    document.getElementById("problem-text").textContent = text;
    document.getElementById("problem").hidden = false;
  }

  hide() {
    document.getElementById("problem").hidden = true;
  }
}
