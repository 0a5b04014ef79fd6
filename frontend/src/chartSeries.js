/**
 * How bars and lines are drawn, straight from a dataset's points.
 *
 * Chart.js keeps an element with options of its own for each point, which costs more than drawing
 * it. Here nobody asks for elements: what is pointed at is found by time. So a chart whose data or
 * axes have changed only needs to be drawn.
 */
import { DatasetController } from "chart.js";
import { splineCurveMonotone } from "chart.js/helpers";

const GRID = 1; // the lowest bar leaves half of the grid's line free
const LINE_WIDTH = 1.75;
const DOT = 2.5;
const DASH = [3, 3];

/** A dataset without elements. */
class Series extends DatasetController {
  static defaults = { dataElementType: "point" }; // never made, but Chart.js wants a name

  addElements() {
    // There are none.
  }

  buildOrUpdateElements() {
    // There are none.
  }

  update() {
    // All is worked out when it is drawn.
  }
}

/** Bars as wide as `dataset.width`, on those of the datasets before that have the same `isOpen`. */
export class Bars extends Series {
  static id = "bars";

  draw() {
    const { ctx, data, scales } = this.chart;
    const own = this.getDataset();
    const isBelow = (set, index) => index < this.index && !set.hidden && set.isOpen === own.isOpen;
    const below = data.datasets.filter(isBelow);
    ctx.fillStyle = own.backgroundColor;
    own.data.forEach(({ x, y }, index) => {
      if (!y) return;
      const from = below.reduce((sum, set) => sum + set.data[index].y, 0);
      const bottom = scales.y.getPixelForValue(from) - (from ? 0 : GRID / 2);
      const left = scales.x.getPixelForValue(x) - own.width / 2;
      ctx.fillRect(left, bottom, own.width, scales.y.getPixelForValue(from + y) - bottom);
    });
  }
}

/**
 * A line, or the area below it, with gaps where there is no value. To the bucket `dataset.open`
 * it is dashed; a point between two gaps is a dot.
 */
export class Lines extends Series {
  static id = "lines";

  draw() {
    const { ctx } = this.chart;
    const { isArea, borderColor, backgroundColor, open } = this.getDataset();
    const runs = this.#runs();
    ctx.save();
    if (isArea) {
      ctx.fillStyle = backgroundColor;
      this.#drawAreas(runs);
    } else {
      Object.assign(ctx, { strokeStyle: borderColor, lineWidth: LINE_WIDTH, lineJoin: "round" });
      ctx.fillStyle = borderColor;
      this.#drawLines(runs, open);
    }
    ctx.restore();
  }

  /** The pixels of points that follow each other without a gap. */
  #runs() {
    const { x: across, y: up } = this.chart.scales;
    const points = this.getDataset().data.map(({ x, y }, index) => ({
      x: across.getPixelForValue(x),
      y: up.getPixelForValue(y),
      skip: y === null,
      index,
    }));
    splineCurveMonotone(points);
    const runs = [];
    for (const [index, point] of points.entries()) {
      if (point.skip) continue;
      if (index === 0 || points[index - 1].skip) runs.push([]);
      runs.at(-1).push(point);
    }
    return runs;
  }

  #drawAreas(runs) {
    const { ctx, scales } = this.chart;
    const bottom = scales.y.getPixelForValue(0);
    for (const run of runs) {
      ctx.beginPath();
      ctx.moveTo(run[0].x, bottom);
      ctx.lineTo(run[0].x, run[0].y);
      curve(ctx, run);
      ctx.lineTo(run.at(-1).x, bottom);
      ctx.fill();
    }
  }

  #drawLines(runs, open) {
    const { ctx } = this.chart;
    for (const run of runs) {
      if (run.length === 1) {
        drawDot(this.chart, run[0]);
        continue;
      }
      const isDashed = run.at(-1).index === open;
      stroke(ctx, isDashed ? run.slice(0, -1) : run);
      if (!isDashed) continue;
      ctx.setLineDash(DASH);
      stroke(ctx, run.slice(-2));
      ctx.setLineDash([]);
    }
  }
}

function stroke(ctx, points) {
  ctx.beginPath();
  ctx.moveTo(points[0].x, points[0].y);
  curve(ctx, points);
  ctx.stroke();
}

/** On from the first of the points, where the path already is. */
function curve(ctx, points) {
  for (let index = 1; index < points.length; index += 1) {
    const { cp2x, cp2y } = points[index - 1];
    const { cp1x, cp1y, x, y } = points[index];
    ctx.bezierCurveTo(cp2x, cp2y, cp1x, cp1y, x, y);
  }
}

/** Whole, also in a bucket that has just begun, whose middle is still to come. */
function drawDot({ ctx, chartArea }, { x, y }) {
  const inside = Math.min(Math.max(x, chartArea.left + DOT), chartArea.right - DOT);
  ctx.beginPath();
  ctx.arc(inside, y, DOT, 0, 2 * Math.PI);
  ctx.fill();
}
