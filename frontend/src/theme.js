/**
 * The theme: light, dark, or the system's; kept, and the same in all tabs at once.
 *
 * Loaded blocking in <head>, so that the first paint already has the right colours. A change is
 * told by a `themechange` event on the document.
 */

const KEY = "logwatcher.theme";
const CHOICES = ["light", "dark", "system"];
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function choice() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden; the page then follows the system.
  }
  return CHOICES.includes(kept) ? kept : "system";
}

function choose(name) {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // As above.
  }
  apply(name);
}

function apply(name = choice()) {
  const theme = name === "system" ? (system.matches ? "dark" : "light") : name;
  const changed = root.dataset.bsTheme !== theme;
  root.dataset.bsTheme = theme;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === name));
  }
  if (changed) document.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
}

function next() {
  choose(CHOICES[(CHOICES.indexOf(choice()) + 1) % CHOICES.length]);
}

apply();
document.addEventListener("DOMContentLoaded", () => apply());
system.addEventListener("change", () => apply());
addEventListener("storage", ({ key }) => {
  if (key === KEY || key === null) apply();
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-theme-choice]");
  if (button) choose(button.dataset.themeChoice);
});

/** For the shortcut, which lives in the page's own bundle. */
window.logwatcherTheme = { choice, choose, next };
