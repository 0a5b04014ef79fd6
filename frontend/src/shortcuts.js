/** Keys: each does what a click on something in the page does, or one of the page's actions. */

/** Key → what is clicked. */
export const CLICKS = {
  ...Object.fromEntries(
    ["5m", "15m", "1h", "6h", "24h", "7d", "30d"].map((range, index) => [
      String(index + 1),
      `[data-range="${range}"]`,
    ]),
  ),
  " ": "#pause",
  p: "#pause",
  s: "#traffic-toggle",
  c: "#clear-filters",
  l: "#share",
  n: '#requests [rel="prev"]',
  o: '#requests [rel="next"]',
  "?": '[data-opens="shortcuts"]',
};

const FIELDS = "input, select, textarea, [contenteditable]";
const PRESSABLE = "a, button, summary, [role=slider]";

/** Whether a key is meant for the page, not for what has the focus. */
export function isForPage(event) {
  const { key, ctrlKey, metaKey, altKey, target, defaultPrevented } = event;
  if (defaultPrevented || ctrlKey || metaKey || altKey) return false;
  if (target.closest?.(FIELDS)) return key === "Escape";
  return !(key === " " && target.closest?.(PRESSABLE));
}

/** `actions` has a function per key that isn't a click; an open dialog has all keys to itself. */
export function initShortcuts(actions) {
  document.addEventListener("keydown", (event) => {
    if (!isForPage(event) || document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const target = CLICKS[key] && document.querySelector(CLICKS[key]);
    const act = actions[key] ?? (target && (() => target.click()));
    if (!act || event.repeat) return;
    event.preventDefault();
    act();
  });
}
