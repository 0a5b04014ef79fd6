/**
 * Loads views into #view: what links ask for, back and forward, and the same view again.
 *
 * An answer with an error changes neither the page nor its address; it is told, and can be tried
 * again. The newest wish wins.
 */
import { retryDelay } from "./connection.js";
import { parseView, streamQuery } from "./viewState.js";

const SWAP = "innerMorph";

function currentUrl() {
  return location.pathname + location.search;
}

export class Loader {
  #htmx;
  #view = document.getElementById("view");
  #stream;
  #problem;
  #onLoad;
  #shown = location.search;
  #loading = null; // the request under way
  #failures = 0;
  #retry = null;

  /** `onLoad({isPaging})` after each load; `isPaging`: only the page of requests is another. */
  constructor({ htmx, stream, problem, onLoad }) {
    this.#htmx = htmx;
    this.#stream = stream;
    this.#problem = problem;
    this.#onLoad = onLoad;
    const on = (name, handle) =>
      document.addEventListener(name, (event) => handle(event.detail.ctx, event));
    on("htmx:before:request", (ctx) => this.#begin(ctx));
    on("htmx:before:swap", (ctx, event) => {
      if (isError(ctx)) event.preventDefault();
    });
    on("htmx:after:swap", (ctx) => ctx.target === this.#view && this.#loaded(ctx));
    on("htmx:finally:request", (ctx) => this.#end(ctx));
    document.addEventListener("htmx:before:history:restore", (event) => {
      event.preventDefault();
      this.#load(currentUrl(), { push: "false" });
    });
    // Without this mark htmx takes no notice of a way back to the first view.
    history.replaceState({ ...history.state, htmx: true }, "");
  }

  /** Whether a later page of requests is about to be shown. */
  get isPaging() {
    return Boolean(this.#loading?.isPaging);
  }

  /** Goes to another view. */
  go(url) {
    this.#load(url, { push: "true" });
  }

  /** Loads this view again; tries until it succeeds. */
  reload() {
    if (this.#loading?.isReload || this.#retry !== null) return;
    this.#load(currentUrl(), { push: "false", isReload: true });
  }

  #load(url, options) {
    this.#htmx.ajax("GET", url, { source: this.#view, target: this.#view, swap: SWAP, ...options });
  }

  #begin(ctx) {
    if (ctx.target !== this.#view) return;
    clearTimeout(this.#retry);
    this.#retry = null;
    this.#loading?.request.abort();
    this.#loading = ctx;
    ctx.isPaging = !ctx.isReload && isPaging(searchOf(ctx.request.action), this.#shown);
    ctx.holds = !ctx.isPaging;
    if (ctx.holds) this.#stream.hold();
    this.#view.setAttribute("aria-busy", "true");
  }

  #loaded(ctx) {
    this.#shown = location.search;
    this.#failures = 0;
    this.#onLoad({ isPaging: Boolean(ctx.isPaging) });
  }

  #end(ctx) {
    if (ctx === this.#loading) {
      this.#loading = null;
      this.#view.removeAttribute("aria-busy");
    }
    const { aborted, reason } = ctx.request.signal;
    const isReplaced = aborted && reason !== "timeout";
    if (!isReplaced && (isError(ctx) || !ctx.response)) this.#failed(ctx);
    else if (!isReplaced) this.#problem.hide();
    if (ctx.holds) this.#stream.release();
  }

  #failed(ctx) {
    const status = ctx.response?.status ?? 0;
    if (status === 401) return this.#problem.show(status);
    if (ctx.target !== this.#view) return this.#problem.show(status, ctx.text);
    const again = () => this.#load(ctx.request.action, { push: ctx.push, isReload: ctx.isReload });
    this.#problem.show(status, ctx.text, again);
    if (!ctx.isReload) return;
    this.#retry = setTimeout(again, retryDelay(this.#failures));
    this.#failures += 1;
  }
}

function searchOf(url) {
  return new URL(url, location.href).search;
}

function isError(ctx) {
  return ctx.response?.status >= 400;
}

/** Whether the way leads from a view to a later page of requests of the same one. */
function isPaging(next, shown) {
  return parseView(next).before !== "" && streamQuery(next) === streamQuery(shown);
}
