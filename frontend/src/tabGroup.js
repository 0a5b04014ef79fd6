/**
 * The visible tabs of one browser: they hear each other, and one of them leads.
 *
 * Locks tell who leads and who is there, since the browser frees a tab's locks however it ends.
 * Without locks or channels a tab is a group of its own.
 */

export class TabGroup {
  id = Math.random().toString(36).slice(2);
  isLeader = false;
  #locks;
  #leader; // the name of the lock that the leader holds
  #tab; // what the locks of all tabs begin with
  #openChannel;
  #on;
  #channel = null;
  #leaves = null; // aborted when this tab leaves
  #queues = null; // aborted when it stops waiting for the lead

  /**
   * `place` is the page's path: an origin may have several pages, each with tabs of its own.
   * `on` has `joined()`, `lead()`, `follow()` and `message(message)`.
   */
  constructor({ place, locks, openChannel, on }) {
    this.#leader = `logwatcher-leader ${place}`;
    this.#tab = `logwatcher-tab ${place} `;
    this.#locks = openChannel && locks;
    this.#openChannel = openChannel;
    this.#on = on;
  }

  join() {
    if (this.#leaves) return;
    this.#leaves = new AbortController();
    if (!this.#locks) {
      this.#on.joined();
      this.#lead();
      return;
    }
    this.#channel = this.#openChannel();
    this.#channel.onmessage = ({ data }) => this.#on.message(data);
    this.#hold(this.#tab + this.id, { signal: this.#leaves.signal }, () => this.#on.joined());
    this.#queue();
  }

  leave() {
    this.#leaves?.abort();
    this.#queues?.abort();
    this.#channel?.close();
    this.#leaves = this.#queues = this.#channel = null;
    this.isLeader = false;
  }

  /** Every tab hears the message, this one too and first. */
  send(message) {
    this.#on.message(message);
    this.#channel?.postMessage(message);
  }

  /** The ids of all tabs there are. */
  async present() {
    if (!this.#locks) return new Set([this.id]);
    const { held } = await this.#locks.query();
    const names = held.map(({ name }) => name).filter((name) => name.startsWith(this.#tab));
    return new Set(names.map((name) => name.slice(this.#tab.length)));
  }

  /** Takes the lead from a tab that holds it and does nothing. */
  takeOver() {
    this.#queues?.abort();
    this.#hold(this.#leader, { steal: true }, () => this.#lead());
  }

  #queue() {
    this.#queues = new AbortController();
    this.#hold(this.#leader, { signal: this.#queues.signal }, () => this.#lead());
  }

  #lead() {
    this.isLeader = true;
    this.#on.lead();
  }

  /** Holds a lock, once it is free, until this tab leaves. */
  async #hold(name, options, taken) {
    const { signal } = this.#leaves;
    const left = new Promise((resolve) => signal.addEventListener("abort", resolve));
    try {
      await this.#locks.request(name, options, () => {
        if (signal.aborted) return null;
        taken();
        return left;
      });
    } catch (error) {
      if (error.name !== "AbortError") throw error;
      if (!signal.aborted && this.isLeader) this.#deposed();
    }
  }

  #deposed() {
    this.isLeader = false;
    this.#on.follow();
    this.#queue();
  }
}
