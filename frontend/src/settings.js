/** The settings page: fresh figures, times in the viewer's zone, and a button that copies. */
import htmx from "htmx.org";
import { closeMenu, initMenus } from "./menu.js";
import { copy } from "./share.js";
import { initZone, localise, tick } from "./timeFormat.js";

const SECOND_MS = 1_000;
const TOLD_MS = 2_000;
const POLLED = ["sources", "data"];

// What has come is morphed in only while somebody looks at it.
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (POLLED.includes(ctx.sourceElement?.id) && document.visibilityState !== "visible") {
    event.preventDefault();
  }
});
document.addEventListener("htmx:before:swap", (event) => {
  const status = event.detail.ctx.response?.status;
  if (status >= 400) event.preventDefault();
  if (status === 401) location.assign("login?next=settings"); // the session has ended
});
document.addEventListener("htmx:after:swap", () => localise());
document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copies]");
  if (!button) return;
  const { textContent } = document.getElementById(button.dataset.copies);
  const before = button.textContent;
  button.textContent = await copy(textContent).then(() => "Copied", () => "Can’t copy");
  setTimeout(() => (button.textContent = before), TOLD_MS);
});

document.addEventListener("keydown", ({ key }) => key === "Escape" && closeMenu());

initMenus();
initZone();
setInterval(() => tick(Date.now() / 1000), SECOND_MS);
htmx.config.timeout = 10_000;
