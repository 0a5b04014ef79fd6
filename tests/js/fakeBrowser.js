/** A browser's locks, channels and tabs, and a server with a stream; all in memory. */
import { StreamHandler } from "../../frontend/src/streamHandler.js";

/** Lets everything that doesn't wait for a timer happen. */
export async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

export class FakeLocks {
  #held = new Map(); // name → lock
  #queues = new Map(); // name → locks that wait

  request(name, options, use) {
    return new Promise((resolve, reject) => {
      const lock = { name, use, resolve, reject };
      const aborted = () => new DOMException("aborted", "AbortError");
      if (options.signal?.aborted) return reject(aborted());
      if (options.steal) {
        this.#held.get(name)?.reject(aborted());
        this.#held.delete(name);
        this.#queue(name).unshift(lock);
      } else {
        this.#queue(name).push(lock);
        options.signal?.addEventListener("abort", () => {
          const at = this.#queue(name).indexOf(lock);
          if (at < 0) return;
          this.#queue(name).splice(at, 1);
          reject(aborted());
        });
      }
      this.#next(name);
    });
  }

  async query() {
    return { held: [...this.#held.values()] };
  }

  /** The browser ends a tab: its locks are free. */
  free(names) {
    for (const name of names) {
      this.#held.delete(name);
      this.#next(name);
    }
  }

  #queue(name) {
    if (!this.#queues.has(name)) this.#queues.set(name, []);
    return this.#queues.get(name);
  }

  #next(name) {
    setImmediate(async () => {
      const lock = !this.#held.has(name) && this.#queue(name).shift();
      if (!lock) return;
      this.#held.set(name, lock);
      const result = await lock.use(lock);
      if (this.#held.get(name) === lock) this.#held.delete(name);
      lock.resolve(result);
      this.#next(name);
    });
  }
}

/** Makes channels; what one of them posts, all the others hear. */
export function fakeChannels() {
  const open = new Set();
  return () => {
    const channel = {
      onmessage: null,
      postMessage(message) {
        const data = structuredClone(message);
        for (const other of open) {
          if (other !== channel) setImmediate(() => open.has(other) && other.onmessage?.({ data }));
        }
      },
      close: () => open.delete(channel),
    };
    open.add(channel);
    return channel;
  };
}

/** A server whose views all see every event; `commit` writes some, and sends frames if it is up. */
export class FakeServer {
  store = "ab12cd34";
  number = 0;
  totals = [0]; // events up to each revision
  isUp = true;
  status = 200;
  sources = new Set();
  opened = [];
  oldest = 0; // what is older can't be caught up
  isPolled = false; // each answer ends at once

  get revision() {
    return `${this.store}-${this.number}`;
  }

  get total() {
    return this.totals.at(-1);
  }

  get open() {
    return [...this.sources].filter(({ readyState }) => readyState === 1);
  }

  commit(events = 1) {
    this.number += 1;
    this.totals.push(this.total + events);
    for (const source of this.open) this.#send(source);
  }

  /** All connections break; the browser opens them again when the server is up. */
  drop() {
    for (const source of this.sources) {
      source.readyState = 0;
      source.onerror?.();
    }
  }

  /** The server begins anew with another store. */
  replaceStore() {
    this.store = "ffffffff";
    this.number = 0;
    this.totals = [0];
  }

  connect = (url) => {
    const parameters = [...new URL(url, "http://server").searchParams];
    const source = new FakeSource(() => this.sources.delete(source));
    source.at = new Map();
    const views = parameters.filter(([name]) => name !== "at").length;
    for (let i = 0; i < views; i += 2) {
      source.at.set(parameters[i][1], parameters[i + 1][1]);
    }
    this.sources.add(source);
    this.opened.push(url);
    setImmediate(() => this.answer(source));
    return source;
  };

  answer(source) {
    if (source.readyState === 2) return;
    if (!this.isUp || this.status !== 200) {
      source.readyState = this.isUp ? 2 : 0;
      source.onerror?.();
      return;
    }
    source.readyState = 1;
    const isLost = [...source.at.values()].some((since) => {
      const [store, number] = since.split("-");
      return store !== this.store || Number(number) < this.oldest;
    });
    if (isLost) source.hear("reset", { reason: "too old" });
    else this.#send(source);
    if (this.isPolled) source.hear("again", { pause: 1, at: 17 });
  }

  #send(source) {
    const views = {};
    for (const [view, since] of source.at) {
      const before = this.totals[Number(since.split("-")[1])];
      source.at.set(view, this.revision);
      if (before === this.total) continue;
      views[view] = { points: [[0, this.total]], latest: 1, new: this.total - before, cards: {} };
    }
    source.hear("frame", {
      now: Date.now() / 1000,
      revision: this.revision,
      viewers: this.sources.size,
      traffic: { version: 1, html: "" },
      views,
    });
  }

  heartbeat() {
    for (const source of this.open) source.hear("heartbeat", { now: 1, viewers: 1 });
  }
}

class FakeSource extends EventTarget {
  readyState = 0;
  onerror = null;

  constructor(onClose) {
    super();
    this.onClose = onClose;
  }

  hear(type, data) {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }

  close() {
    this.readyState = 2;
    this.onClose();
  }
}

/** A tab as the page is: it loads its view when told that it lost something. */
export class FakeTab {
  view = "";
  total = null;
  point = null;
  states = [];
  loads = 0;

  constructor(server, { locks, openChannel, place = "/" } = {}) {
    this.server = server;
    this.place = place;
    this.locks = locks;
    this.stream = new StreamHandler(
      {
        part: (part) => {
          this.total += part.new;
          this.point = part.points[0][1];
        },
        status: () => {},
        state: (state) => this.states.push(state),
        lost: () => this.load(),
      },
      {
        place,
        url: "api/live",
        openSource: server.connect,
        isRefused: async () => server.status === 401,
        isOnline: () => true,
        locks,
        openChannel: openChannel && (() => (this.channel = openChannel())),
      },
    );
  }

  get state() {
    return this.states.at(-1) ?? "connecting";
  }

  /** Loads a view; the answer takes a moment, in which frames may come. */
  async load(view = this.view, meanwhile = () => {}) {
    this.loads += 1;
    this.stream.hold();
    const { total, revision } = this.server;
    await new Promise(setImmediate);
    meanwhile();
    Object.assign(this, { view, total, point: total });
    this.stream.announce(view, revision);
    this.stream.release();
  }

  async show(view = this.view) {
    await this.load(view);
    this.stream.join();
    await settle();
  }

  /** Ends without a word, as in a crash. */
  crash() {
    const { id } = this.stream;
    this.channel.close();
    this.server.sources.delete(this.source);
    const leader = this.stream.isLeader ? [`logwatcher-leader ${this.place}`] : [];
    this.locks.free([`logwatcher-tab ${this.place} ${id}`, ...leader]);
  }
}
