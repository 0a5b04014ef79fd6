/**
 * One connection to the stream: opened, watched, opened again.
 *
 * After a dropped connection the browser itself reconnects, with `Last-Event-ID`. It gives up
 * when the server answers with an error, without saying which, and never notices a connection that fell silent; those
 * two are seen to here. And where a server can't keep connections open, it ends each with `again`.
 */

const SILENCE_MS = 40_000; // the server says something every 15 s
const SLOW_MS = 2_000; // it answers a new connection at once

/** Milliseconds until the next try: at random, at first within 1–5 s, later within 1–15 s. */
export function retryDelay(attempt, random = Math.random) {
  return 1_000 + random() * Math.min(4_000 * 1.5 ** attempt, 14_000);
}

export class Connection {
  #openSource;
  #isRefused;
  #isOnline;
  #on;
  #source = null;
  #isFirst = false; // whether the next frame is the first of this source
  #hasLived = false;
  #heardAt = 0;
  #attempt = 0;
  #slow;
  #retry;

  /**
   * `openSource(at)` gives a new EventSource that goes on where the last one was, which is at
   * what the server called `at`, if it ended with `again`; `isRefused()` asks, after an error,
   * whether it takes a login: then nothing is tried again. `on` has
   * `frame(frame, isFirst)`, `heartbeat(heartbeat)`, `reset()` and `state(name)`.
   */
  constructor({ openSource, isRefused, isOnline, on }) {
    this.#openSource = openSource;
    this.#isRefused = isRefused;
    this.#isOnline = isOnline;
    this.#on = on;
  }

  open() {
    this.#isFirst = true;
    this.#start();
  }

  #start(at) {
    this.close();
    const source = this.#openSource(at);
    this.#source = source;
    this.#heardAt = Date.now();
    this.#slow = setTimeout(() => this.#down(), SLOW_MS);
    const listen = (name, heard) =>
      source.addEventListener(name, ({ data }) => {
        if (source === this.#source) heard(JSON.parse(data));
      });
    listen("frame", (frame) => this.#heardFrame(frame));
    listen("heartbeat", (heartbeat) => this.#heard() && this.#on.heartbeat(heartbeat));
    listen("reset", () => this.#on.reset());
    listen("again", ({ pause, at }) => this.#rest(pause, at));
    source.onerror = () => source === this.#source && this.#failed();
  }

  close() {
    clearTimeout(this.#slow);
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
    this.#retry = null;
  }

  /** The browser says the network is gone: a connection that lives will soon prove it. */
  doubt() {
    clearTimeout(this.#slow);
    if (this.#source) this.#slow = setTimeout(() => this.#down(), SLOW_MS);
  }

  /** Opens it anew if it fell silent. */
  check() {
    if (this.#source && Date.now() - this.#heardAt > SILENCE_MS) {
      this.#down();
      this.open();
    }
  }

  #heard() {
    clearTimeout(this.#slow);
    this.#heardAt = Date.now();
    this.#attempt = 0;
    this.#hasLived = true;
    this.#on.state("live");
    return true;
  }

  #heardFrame(frame) {
    this.#heard();
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#on.frame(frame, isFirst);
  }

  /** The server has said what there is, and is to be asked again: all is well meanwhile. */
  #rest(pause, at) {
    this.#heard();
    this.close();
    this.#isFirst = false;
    this.#retry = setTimeout(() => this.#start(at), pause * 1_000);
  }

  #failed() {
    clearTimeout(this.#slow);
    this.#isFirst = true;
    this.#heardAt = Date.now();
    this.#down();
    const hasGivenUp = this.#source.readyState === 2;
    if (!hasGivenUp) return;
    this.close();
    this.#retryUnlessRefused();
  }

  async #retryUnlessRefused() {
    const delay = retryDelay(this.#attempt);
    this.#attempt += 1;
    const retry = setTimeout(() => this.open(), delay);
    this.#retry = retry;
    if (!(await this.#isRefused()) || this.#retry !== retry || this.#source) return;
    clearTimeout(retry);
    this.#on.state("refused");
  }

  #down() {
    const state = this.#hasLived ? "reconnecting" : "connecting";
    this.#on.state(this.#isOnline() ? state : "offline");
  }
}
