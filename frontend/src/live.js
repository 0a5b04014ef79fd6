/** The badge that says whether the page is live, how fast, for how many; or how old it is. */
import { formatNumber, THIN_SPACE } from "./numberFormat.js";

const NAMES = {
  connecting: "Connecting",
  live: "Live",
  paused: "Paused",
  reconnecting: "Reconnecting",
  offline: "Offline",
  refused: "Logged out",
};

/** Whole seconds, minutes, hours or days, without what is left over. */
export function formatAge(seconds) {
  const [size, unit] = [[86400, "d"], [3600, "h"], [60, "min"]].find(([least]) => seconds >= least) ?? [1, "s"];
  return `${Math.max(0, Math.floor(seconds / size))}${THIN_SPACE}${unit}`;
}

/** From an event to the screen. */
export function formatDelay(seconds) {
  if (seconds >= 60) return formatAge(seconds);
  return seconds < 0.9995
    ? `${Math.max(1, Math.round(seconds * 1000))}${THIN_SPACE}ms`
    : formatNumber("seconds", seconds);
}

/** The badge's two texts. `delay` and `age` are seconds; `missed` counts requests. */
export function describe({ state, delay, viewers, age, missed }) {
  const details = {
    live: [
      delay === null ? "" : formatDelay(delay),
      viewers ? `${viewers} ${viewers === 1 ? "viewer" : "viewers"}` : "",
    ],
    paused: [missed ? `${formatNumber("count", missed)} new` : ""],
    reconnecting: [`${formatAge(age)} old`],
    offline: [`${formatAge(age)} old`],
    refused: [`${formatAge(age)} old`],
  };
  return { name: NAMES[state], detail: (details[state] ?? []).filter(Boolean).join(" · ") };
}

export class Live {
  state = "connecting";
  isPaused = false;
  viewers = 0;
  delay = null;
  missed = 0;
  #heardAt = Date.now();

  /** The server was heard: up to now the numbers are as they should be. */
  heard(viewers) {
    this.#heardAt = Date.now();
    this.viewers = viewers ?? this.viewers;
  }

  /** Something is on the screen so many seconds after it happened. */
  shown(delay) {
    this.delay = Math.max(0, delay);
  }

  get shownState() {
    return this.isPaused ? "paused" : this.state;
  }

  render() {
    const age = (Date.now() - this.#heardAt) / 1000;
    const { name, detail } = describe({ ...this, state: this.shownState, age });
    document.body.dataset.state = this.shownState;
    setText("live-state", name);
    setText("live-detail", detail);
  }
}

function setText(id, text) {
  const element = document.getElementById(id);
  if (element && element.textContent !== text) element.textContent = text;
}
