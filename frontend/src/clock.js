/** The server's clock, from the times it sends. */

const REMEMBERED = 30;

export class Clock {
  #offsets = [];

  /** The server sent its time, in seconds. Of late messages the fastest tells it best. */
  observe(now) {
    this.#offsets.push(performance.now() / 1000 - now);
    if (this.#offsets.length > REMEMBERED) this.#offsets.shift();
  }

  /** The server's time in seconds; this browser's own while nothing else is known. */
  now() {
    if (!this.#offsets.length) return Date.now() / 1000;
    return performance.now() / 1000 - Math.min(...this.#offsets);
  }
}
