/** A document for modules that touch one: happy-dom's, as this process's globals. */
import { createRequire } from "node:module";

const require = createRequire(new URL("../../frontend/package.json", import.meta.url));
const { Window } = require("happy-dom");

const NAMES = ["CustomEvent", "Event", "HTMLElement", "KeyboardEvent", "Node", "history", "location"];

/** Opens a page; what a test needs of its globals may be given too. */
export function openPage(html, { url = "http://server/", ...globals } = {}) {
  const window = new Window({ url });
  window.document.body.innerHTML = html;
  for (const name of NAMES) globalThis[name] = window[name];
  Object.assign(globalThis, { window, document: window.document, matchMedia: () => ({ matches: true }) });
  globalThis.getSelection = () => window.document.getSelection();
  Object.assign(globalThis, globals);
  return window;
}

export const byId = (id) => document.getElementById(id);
