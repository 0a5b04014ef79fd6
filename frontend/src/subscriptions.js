/**
 * Which views a browser's tabs look at, and how far the stream has delivered each of them.
 *
 * Every tab keeps a copy from what the tabs tell each other, so that any of them can take the
 * connection over where the last one left it.
 */
import { compareRevisions } from "./revision.js";

export class Subscriptions {
  #tabs = new Map(); // tab → view
  #reached = new Map(); // view → revision up to which it was delivered
  #connected = new Set(); // views that the open connection continues from there

  /**
   * A tab shows `view` as of `revision`. Returns the tabs that have to load that view again,
   * because the stream won't go on from where they are.
   *
   * Where others look at the same view, a tab that is behind has to load it. One that is ahead
   * only will be a moment, if the stream `isLive`; else it is where the stream goes on.
   */
  announce(tab, view, revision, isLive) {
    this.#tabs.set(tab, view);
    this.#dropUnwatched();
    const order = compareRevisions(revision, this.#reached.get(view) ?? revision);
    const others = [...this.#tabs.keys()].filter((one) => one !== tab && this.#tabs.get(one) === view);
    if (others.length && order < 0) return [tab];
    if (others.length && order > 0 && isLive) return [];
    if (order !== 0) this.#connected.delete(view);
    this.#reached.set(view, revision);
    return order === 0 ? [] : others;
  }

  withdraw(tab) {
    this.#tabs.delete(tab);
    this.#dropUnwatched();
  }

  /** Forgets every tab that isn't among `tabs`. */
  retain(tabs) {
    for (const tab of this.#tabs.keys()) if (!tabs.has(tab)) this.#tabs.delete(tab);
    this.#dropUnwatched();
  }

  clear() {
    this.retain(new Set());
  }

  get isEmpty() {
    return this.#reached.size === 0;
  }

  /** Whether the open connection serves just these views, each from where it is. */
  get isConnected() {
    return (
      this.#connected.size === this.#reached.size &&
      [...this.#connected].every((view) => this.#reached.has(view))
    );
  }

  /** The query for a new connection; from now on it is the open one. */
  connect() {
    this.#connected = new Set(this.#reached.keys());
    return [...this.#reached]
      .map(([view, revision]) => `view=${encodeURIComponent(view)}&since=${revision}`)
      .join("&");
  }

  disconnect() {
    this.#connected.clear();
  }

  /** Of each view that the open connection serves: the revision that its next frame follows. */
  base() {
    return Object.fromEntries([...this.#reached].filter(([view]) => this.#connected.has(view)));
  }

  /** A frame brought these views to `revision`. */
  advance(views, revision) {
    for (const view of views) if (this.#reached.has(view)) this.#reached.set(view, revision);
  }

  #dropUnwatched() {
    const watched = new Set(this.#tabs.values());
    for (const view of this.#reached.keys()) if (!watched.has(view)) this.#reached.delete(view);
  }
}
