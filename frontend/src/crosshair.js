/**
 * One crosshair over several plots, moved by pointer or keyboard, and the drag that selects a span
 * to zoom to. It knows where time is on the screen, nothing of what is drawn there.
 */

/** A pointer that moves less than so many pixels only points. */
const DRAG_FROM = 6;
const LEAP = 10;

function overlay(plot, name) {
  const element = document.createElement("div");
  element.className = name;
  element.hidden = true;
  plot.append(element);
  return element;
}

/**
 * `area()` gives {left, right, min, max, step, last}: pixels and seconds of the axis, the step,
 * and the start of the newest bucket. `onMove(start, plot)` is told the bucket pointed at, or null;
 * `onSelect(one, other)` a span that was dragged; `onLeave()` a wish to go back.
 */
export function createCrosshair(plots, { area, onMove, onSelect, onLeave }) {
  const lines = plots.map((plot) => overlay(plot, "crosshair"));
  const spans = plots.map((plot) => overlay(plot, "selection"));
  const listening = new AbortController();
  let pointed = null; // { start, plot, byKey }
  let drag = null; // { x, time, id, plot, isOn }
  let anchor = null; // where a selection by keyboard began

  const xOf = (time) => {
    const { left, right, min, max } = area();
    return left + ((time - min) / (max - min)) * (right - left);
  };
  const timeOf = (x) => {
    const { left, right, min, max } = area();
    return min + ((Math.min(Math.max(x, left), right) - left) / (right - left)) * (max - min);
  };
  const startOf = (time) => {
    const { step, last } = area();
    return Math.min(Math.floor(time / step) * step, last);
  };

  function draw() {
    const { left, right, min, step, last } = area();
    if (pointed) {
      const first = Math.floor(min / step) * step;
      pointed.start = Math.min(Math.max(pointed.start, first), last);
    }
    const x = pointed && Math.min(Math.max(xOf(pointed.start + step / 2), left), right);
    for (const line of lines) {
      line.hidden = !pointed || Boolean(drag?.isOn);
      if (!line.hidden) line.style.transform = `translateX(${x}px)`;
    }
    drawSpan(drag?.isOn ? [drag.time, drag.until] : anchor !== null ? keySpan() : null, left, right);
    onMove(pointed && !drag?.isOn ? pointed.start : null, pointed?.plot ?? null, x, pointed?.byKey);
  }

  function drawSpan(span, left, right) {
    const [from, to] = (span ?? [0, 0]).map((time) => Math.min(Math.max(xOf(time), left), right));
    for (const element of spans) {
      element.hidden = !span;
      if (!span) continue;
      element.style.transform = `translateX(${Math.min(from, to)}px)`;
      element.style.width = `${Math.abs(to - from)}px`;
    }
  }

  function keySpan() {
    const { step } = area();
    return [Math.min(anchor, pointed.start), Math.max(anchor, pointed.start) + step];
  }

  function point(plot, start, byKey) {
    pointed = { start, plot, byKey };
    draw();
  }

  function clear() {
    pointed = drag = anchor = null;
    draw();
  }

  function xIn(plot, event) {
    return event.clientX - plot.getBoundingClientRect().left;
  }

  const onPointer = {
    pointerdown(event, plot) {
      if (event.button !== 0) return;
      const x = xIn(plot, event);
      const { left, right } = area();
      if (x < left || x > right) return;
      drag = { x, time: timeOf(x), until: timeOf(x), id: event.pointerId, plot, isOn: false };
      anchor = null;
      point(plot, startOf(timeOf(x)), false);
    },
    pointermove(event, plot) {
      const x = xIn(plot, event);
      if (drag && event.pointerId === drag.id) {
        if (!drag.isOn && Math.abs(x - drag.x) >= DRAG_FROM) {
          drag.isOn = true;
          plot.setPointerCapture(drag.id);
        }
        drag.until = timeOf(x);
      }
      point(plot, startOf(timeOf(x)), false);
    },
    pointerup() {
      const { isOn, time, until } = drag ?? {};
      drag = null;
      draw();
      if (isOn) onSelect(time, until);
    },
    pointercancel: clear,
    pointerleave(event) {
      if (!drag?.isOn && event.pointerType === "mouse") clear();
    },
    dblclick: onLeave,
    focus(_event, plot) {
      if (plot.matches(":focus-visible")) point(plot, area().last, true);
    },
    blur() {
      if (!drag) clear();
    },
  };

  const onKey = {
    ArrowLeft: (by) => move(-by),
    ArrowRight: (by) => move(by),
    Home: () => move(-Infinity),
    End: () => move(Infinity),
    Enter: mark,
    z: mark,
    Escape: () => clear(),
  };

  function move(by) {
    const { min, step, last } = area();
    const start = pointed.start + by * step;
    point(pointed.plot, Math.min(Math.max(start, Math.ceil(min / step) * step), last), true);
  }

  function mark() {
    if (anchor === null) {
      anchor = pointed.start;
      draw();
      return;
    }
    const span = keySpan();
    anchor = null;
    draw();
    onSelect(...span);
  }

  function onKeydown(event, plot) {
    const act = onKey[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !drag?.isOn && anchor === null) return;
    event.preventDefault();
    event.stopPropagation();
    pointed ??= { start: area().last, plot, byKey: true };
    act(event.shiftKey ? LEAP : 1);
  }

  for (const plot of plots) {
    const { signal } = listening;
    for (const [name, handle] of Object.entries(onPointer)) {
      plot.addEventListener(name, (event) => isReady() && handle(event, plot), { signal });
    }
    plot.addEventListener("keydown", (event) => isReady() && onKeydown(event, plot), { signal });
  }
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      if (pointed && !plots.some((plot) => plot.contains(target))) clear();
    },
    { signal: listening.signal },
  );

  function isReady() {
    return area() !== null;
  }

  return {
    /** Follow a window that slid. */
    draw: () => isReady() && (pointed || drag) && draw(),
    clear: () => isReady() && clear(),
    destroy() {
      listening.abort();
      for (const element of [...lines, ...spans]) element.remove();
    },
  };
}
