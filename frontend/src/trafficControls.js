/** The controls of the mock traffic, as anybody has set it last; versions of it only grow. */
import { compareRevisions } from "./revision.js";

export class TrafficControls {
  #element;
  #revision;
  #swap;
  #latest = null;
  #taken = -1; // the version shown where there is no form to tell: this server makes no traffic

  /**
   * `element` holds the controls as of `revision`; null: this viewer has none. `swap(element, html)`
   * puts others in.
   */
  constructor(element, { revision, swap }) {
    this.#element = element;
    this.#revision = revision;
    this.#swap = swap;
  }

  /** Take those of a frame, as of its revision. */
  take(traffic, revision) {
    this.#latest = { ...traffic, revision };
    this.show();
  }

  /** Show the newest: a frame may come after the answer to a later click, or before that to an earlier one. */
  show() {
    if (!this.#element || !this.#latest) return;
    const { version, html, revision } = this.#latest;
    const shown = Number(this.#element.querySelector("[name=version]")?.value ?? this.#taken);
    const isOfSameStore = !Number.isNaN(compareRevisions(revision, this.#revision));
    if (isOfSameStore && version <= shown) return;
    this.#revision = revision;
    this.#taken = version;
    this.#swap(this.#element, html);
  }
}
