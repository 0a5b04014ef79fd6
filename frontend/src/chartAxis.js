/**
 * An axis of a fixed size that shows the ends and the ticks it is given.
 *
 * Chart.js's own axis measures its labels and resolves its options anew for each of them at each
 * update, which costs more than all that is drawn. This one may be given others at any time
 * without an update of the chart.
 */
import { LinearScale } from "chart.js";

const FONT_PX = 11;
const PADDING = 8;
const X_LABEL_AT = 22.6; // the middle of its text, below the plot

export class Axis extends LinearScale {
  static id = "axis";
  #shown = { min: 0, max: 1, ticks: [] };

  /** `ticks` are [{value, label}]. */
  show(shown) {
    this.#shown = shown;
    this.determineDataLimits();
    this.ticks = this.buildTicks();
    this.configure();
  }

  determineDataLimits() {
    const { min, max } = this.#shown;
    Object.assign(this, { min, max });
  }

  buildTicks() {
    return this.#shown.ticks.map(({ value, label }) => ({ value, label }));
  }

  generateTickLabels() {
    // They come with the ticks.
  }

  /** `options.size` is the height of a horizontal axis, the width of a vertical one. */
  fit() {
    if (this.isHorizontal()) Object.assign(this, { width: this.maxWidth, height: this.options.size });
    else Object.assign(this, { width: this.options.size, height: this.maxHeight });
  }

  draw(area) {
    const { ctx } = this;
    const { color, family } = this.options.ticks;
    ctx.save();
    if (!this.isHorizontal()) this.#drawGrid(area);
    ctx.font = `${FONT_PX}px ${family}`;
    ctx.fillStyle = color;
    ctx.textBaseline = "middle";
    ctx.textAlign = this.isHorizontal() ? "center" : "right";
    for (const { value, label } of this.ticks) {
      const at = this.getPixelForValue(value);
      if (this.isHorizontal()) ctx.fillText(label, at, this.top + X_LABEL_AT);
      else ctx.fillText(label, this.right - PADDING, at);
    }
    ctx.restore();
  }

  /** Lines of one device pixel at least, and not between two of them. */
  #drawGrid({ left, right }) {
    const { ctx } = this;
    const ratio = this.chart.currentDevicePixelRatio;
    ctx.strokeStyle = this.options.grid.color;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const { value } of this.ticks) {
      const y = Math.round((this.getPixelForValue(value) - 0.5) * ratio) / ratio + 0.5;
      ctx.moveTo(left, y);
      ctx.lineTo(right, y);
    }
    ctx.stroke();
  }
}
