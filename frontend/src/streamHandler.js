/**
 * The browser's one connection to the stream, and what comes over it, for this tab.
 *
 * Browsers open only six connections to a server over HTTP/1.1. So of the visible tabs one holds
 * the connection, asks for the views of all, and passes on what it hears; when it is hidden or
 * closed, the next one goes on where it was. A hidden tab takes no part. Nothing else in the page
 * opens an EventSource.
 */
import { Connection } from "./connection.js";
import { browserLeases } from "./leases.js";
import { compareRevisions } from "./revision.js";
import { Subscriptions } from "./subscriptions.js";
import { TabGroup } from "./tabGroup.js";

const GATHER_MS = 50; // tabs that change at once cost one new connection
const CHECK_MS = 5_000;
const HUNG_CHECKS = 12; // a leader that said nothing for so long is hung
const AWAY_MS = 60_000; // after more, loading the view is cheaper than catching up

/**
 * What to do with a frame, for a view shown as of `revision`; the frame follows on `base`.
 *
 * "apply" it, even if it repeats a part, for its buckets are whole. "refresh" from it: it is of
 * the revision shown, so no request in it is new. "lost": something between the two is missing.
 * "skip" it: it is older, or not about this view.
 */
export function judge(frame, base, revision) {
  if (base === undefined) return "skip";
  const order = compareRevisions(frame.revision, revision);
  if (order === 0) return "refresh";
  if (order < 0) return "skip";
  return compareRevisions(base, revision) <= 0 ? "apply" : "lost";
}

const browser = (place = location.pathname) => ({
  place,
  url: "api/live",
  openSource: (url) => new EventSource(url),
  isRefused: () => fetch("api/live?view=", { method: "HEAD" }).then(({ status }) => status === 401, () => false),
  isOnline: () => navigator.onLine,
  locks: navigator.locks ?? browserLeases(),
  openChannel: globalThis.BroadcastChannel && (() => new BroadcastChannel(`logwatcher-stream ${place}`)),
});

/**
 * A tab's end of the stream. `on` is told of
 *
 * - `part(part, {isFirst})`: a frame's part for this tab's view; `isFirst` of a connection
 * - `status({now, viewers, traffic, revision})`: whatever the view; `traffic`, as of `revision`, if
 *   it may be new
 * - `state("connecting" | "live" | "reconnecting" | "offline")`
 * - `lost()`: the view has to be loaded, and announced, again
 */
export class StreamHandler {
  #on;
  #group;
  #connection;
  #subscriptions = new Subscriptions();
  #mine = null; // {view, revision}
  #isJoined = false;
  #leftAt = null;
  #state = "connecting";
  #status = {};
  #quietChecks = 0;
  #holds = 0;
  #held = [];
  #gathering = null;
  #checking;

  constructor(on, env = browser()) {
    this.#on = on;
    this.#group = new TabGroup({
      ...env,
      on: {
        joined: () => this.#joined(),
        lead: () => this.#lead(),
        follow: () => this.#disconnect(),
        message: (message) => this.#receive(message),
      },
    });
    this.#connection = new Connection({
      ...env,
      openSource: (at) => {
        const query = this.#subscriptions.connect();
        return env.openSource(`${env.url}?${query}${at ? `&at=${at}` : ""}`);
      },
      on: {
        frame: (frame, isFirst) => {
          this.#group.send({ type: "frame", frame, base: this.#subscriptions.base(), isFirst });
        },
        heartbeat: (heartbeat) => this.#group.send({ type: "heartbeat", heartbeat }),
        reset: () => this.#group.send({ type: "reset" }),
        state: (state) => state !== this.#state && this.#group.send({ type: "state", state }),
      },
    });
  }

  /** Whether this tab holds the connection. */
  get isLeader() {
    return this.#group.isLeader;
  }

  /** This tab is visible: it takes part. */
  join() {
    this.#quietChecks = 0;
    clearInterval(this.#checking);
    this.#checking = setInterval(() => this.#check(), CHECK_MS);
    this.#group.join();
  }

  /** This tab is hidden or closed: its view and, if it holds it, the connection are given up. */
  leave() {
    if (this.#isJoined) this.#group.send({ type: "withdraw", tab: this.#group.id });
    if (this.#isJoined) this.#leftAt = Date.now();
    this.#isJoined = false;
    this.#disconnect();
    this.#subscriptions.clear();
    clearTimeout(this.#gathering);
    this.#gathering = null;
    clearInterval(this.#checking);
    this.#group.leave();
  }

  /** From now on this tab shows `view` as of `revision`. */
  announce(view, revision) {
    this.#mine = { view, revision };
    this.#announce();
  }

  /** A view is being loaded: parts wait, so that none is lost to it. */
  hold() {
    this.#holds += 1;
  }

  /** It was loaded and announced, or could not be. */
  release() {
    this.#holds -= 1;
    if (this.#holds > 0) return;
    this.#held.splice(0).forEach((message) => this.#applyPart(message));
    this.#announce();
  }

  /** The network is gone, or so it seems. */
  doubt() {
    this.#connection.doubt();
  }

  /** The network is back: no need to wait longer. */
  wake() {
    if (this.isLeader && this.#state !== "live") this.#reconnect();
  }

  #joined() {
    this.#isJoined = true;
    const awayMs = Date.now() - (this.#leftAt ?? Date.now());
    if (this.#mine && awayMs > AWAY_MS) this.#on.lost();
    else this.#announce();
  }

  #lead() {
    this.#group.send({ type: "gather" });
    this.#gather();
  }

  #announce() {
    if (!this.#mine || !this.#isJoined || this.#holds > 0) return;
    this.#group.send({ type: "announce", tab: this.#group.id, ...this.#mine });
  }

  /** The leader connects to what all tabs want, once they had their say. */
  #gather() {
    if (!this.isLeader || this.#gathering) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = null;
      if (this.isLeader && !this.#subscriptions.isConnected) this.#reconnect();
    }, GATHER_MS);
  }

  #disconnect() {
    this.#connection.close();
    this.#subscriptions.disconnect();
  }

  #reconnect() {
    this.#disconnect();
    if (!this.#subscriptions.isEmpty) this.#connection.open();
  }

  async #check() {
    if (this.isLeader) {
      this.#connection.check();
      const tabs = await this.#group.present();
      if (this.isLeader) this.#subscriptions.retain(tabs);
      this.#gather();
    } else if (this.#isJoined && ++this.#quietChecks > HUNG_CHECKS) {
      this.#quietChecks = 0;
      this.#group.takeOver();
    }
  }

  /** What the tabs say to each other, and what the leader passes on; all hear all of it. */
  #receive(message) {
    this.#quietChecks = 0;
    switch (message.type) {
      case "gather":
        return this.#announce();
      case "announce":
        return this.#heardAnnounce(message);
      case "withdraw":
        this.#subscriptions.withdraw(message.tab);
        return this.#gather();
      case "welcome":
        this.#enter(message.state);
        return message.status.now && this.#tellStatus(message.status);
      case "lost":
        return message.tabs.includes(this.#group.id) && this.#on.lost();
      case "state":
        return this.#enter(message.state);
      case "heartbeat":
        return this.#tellStatus(message.heartbeat);
      case "frame":
        return this.#heardFrame(message);
      case "reset":
        return this.#heardReset();
    }
  }

  #heardAnnounce({ tab, view, revision }) {
    const isLive = this.#state === "live";
    const lost = this.#subscriptions.announce(tab, view, revision, isLive);
    if (!this.isLeader) return;
    if (tab !== this.#group.id) {
      this.#group.send({ type: "welcome", state: this.#state, status: this.#status });
    }
    if (lost.length) this.#group.send({ type: "lost", tabs: lost });
    if (this.#state === "refused") this.#subscriptions.disconnect(); // a tab that could load may have it
    this.#gather();
  }

  #heardFrame(message) {
    const { frame, base } = message;
    const { now, viewers, traffic, revision } = frame;
    this.#subscriptions.advance(Object.keys(base), revision);
    this.#tellStatus({ now, viewers, ...(traffic && { traffic, revision }) });
    if (this.#holds > 0) this.#held.push(message);
    else this.#applyPart(message);
  }

  #applyPart({ frame, base, isFirst }) {
    if (!this.#mine) return;
    const { view, revision } = this.#mine;
    const verdict = judge(frame, base[view], revision);
    if (verdict === "lost") return this.#on.lost();
    if (verdict === "skip") return;
    this.#mine.revision = frame.revision;
    const part = frame.views[view];
    if (part) this.#on.part(verdict === "apply" ? part : { ...part, new: 0 }, { isFirst });
  }

  /** What was missed can't be had any more: all load their views, and announce them anew. */
  #heardReset() {
    this.#subscriptions.clear();
    if (this.isLeader) this.#reconnect();
    this.#held = [];
    this.#on.lost();
  }

  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#on.state(state);
  }

  #tellStatus(status) {
    this.#status = { ...this.#status, ...status };
    this.#on.status(status);
  }
}
