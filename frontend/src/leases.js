/**
 * Locks between tabs where the browser's own are missing, as on plain HTTP but for localhost.
 *
 * As much of `navigator.locks` as tabGroup.js needs. A lock is a lease in localStorage, which its
 * tab renews; a crashed tab's lease runs out. Storage can't compare and set, so for a moment
 * there may be two owners; the one that was overwritten then loses the lock as if it was stolen.
 */

const PREFIX = "logwatcher.lease.";
const SETTLE_MS = 150; // until every tab sees what one wrote
const JITTER_MS = 100; // so that few write at the same time
const RENEW_MS = 2_000;
const LEASE_MS = 6_000;
const POLL_MS = 1_000;

export class Leases {
  #storage;
  #events;

  /** `events` fires `storage` when another tab has changed something. */
  constructor(storage, events) {
    this.#storage = storage;
    this.#events = events;
  }

  async request(name, { signal, steal = false }, use) {
    const owner = Math.random().toString(36).slice(2);
    let mayTake = steal;
    while (!(await this.#take(name, owner, mayTake))) {
      if (signal?.aborted) throw new DOMException("no longer wanted", "AbortError");
      mayTake = false;
      await this.#change(name, signal);
    }
    return this.#hold(name, owner, use);
  }

  async query() {
    const names = Object.keys(this.#storage).filter((key) => key.startsWith(PREFIX));
    const held = names.map((key) => key.slice(PREFIX.length)).filter((name) => this.#owner(name));
    return { held: held.map((name) => ({ name })) };
  }

  #owner(name) {
    const [owner, until] = (this.#storage.getItem(PREFIX + name) ?? "").split(" ");
    return Number(until) > Date.now() ? owner : null;
  }

  #write(name, owner) {
    this.#storage.setItem(PREFIX + name, `${owner} ${Date.now() + LEASE_MS}`);
  }

  async #take(name, owner, mayTake) {
    await delay(Math.random() * JITTER_MS);
    if (this.#owner(name) && !mayTake) return false;
    this.#write(name, owner);
    await delay(SETTLE_MS);
    return this.#owner(name) === owner;
  }

  /** Resolves when the lease may be free. */
  #change(name, signal) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#events.removeEventListener("storage", changed);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const changed = ({ key }) => key === PREFIX + name && !this.#owner(name) && done();
      const timer = setTimeout(done, POLL_MS);
      this.#events.addEventListener("storage", changed);
      signal?.addEventListener("abort", done);
    });
  }

  async #hold(name, owner, use) {
    let renewing;
    const stolen = new Promise((_resolve, reject) => {
      renewing = setInterval(() => {
        if (this.#owner(name) === owner || this.#owner(name) === null) this.#write(name, owner);
        else reject(new DOMException("taken by another tab", "AbortError"));
      }, RENEW_MS);
    });
    try {
      return await Promise.race([use(), stolen]);
    } finally {
      clearInterval(renewing);
      if (this.#owner(name) === owner) this.#storage.removeItem(PREFIX + name);
    }
  }
}

function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Leases of this browser, or undefined where storage is forbidden. */
export function browserLeases() {
  try {
    return new Leases(localStorage, globalThis);
  } catch {
    return undefined;
  }
}
