// The objective over evaluations: dots measured, rings infeasible, crosses refused or failed, a line for the best so far.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { CURSOR, evaluationAxis, valueAxis } from "./axes.js";
import { AXIS_FONT, colour, faded } from "./palette.js";
import { figure, linearTicks, logTicks } from "./numbers.js";

const dotSize = (count) => (count > 3000 ? 2.5 : count > 500 ? 4 : 6.2); // CSS px

/** Lowest and highest value to show, baseline included, with some air. */
function range(evaluations, log, low, high) {
  const base = evaluations.baseline?.value ?? null;
  const shown = [low, high, base].filter((value) => value !== null && Number.isFinite(value));
  if (shown.length === 0) return log ? [1, 10] : [0, 1];
  const [bottom, top] = [Math.min(...shown), Math.max(...shown)];
  if (log) return [bottom / 1.18, top * 1.25];
  const air = 0.08 * (top - bottom) || Math.abs(top) * 0.1 || 1;
  return [bottom - air, top + air];
}

function shadeWhatIsLeft(chart, evaluations) {
  const { left, n } = evaluations;
  if (left === 0) return;
  const { ctx, bbox } = chart;
  const x = n.length ? Math.max(bbox.left, chart.valToPos(n.at(-1), "x", true)) : bbox.left;
  ctx.save();
  ctx.fillStyle = colour("panel-2");
  ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height);
  ctx.restore();
}

function drawLabel(chart, text, x, y, align) {
  const { ctx } = chart;
  ctx.save();
  ctx.font = AXIS_FONT.replace("11px", `${11 * devicePixelRatio}px`);
  ctx.fillStyle = colour("ink-3");
  ctx.textAlign = align;
  ctx.textBaseline = "alphabetic";
  ctx.fillText(text, x, y);
  ctx.restore();
}

function labelWhatIsLeft(chart, evaluations) {
  const { left, n } = evaluations;
  if (left === 0) return;
  const { bbox } = chart;
  const x = n.length ? Math.max(bbox.left, chart.valToPos(n.at(-1), "x", true)) : bbox.left;
  const right = bbox.left + bbox.width;
  if (right - x > 60 * devicePixelRatio) drawLabel(chart, `${left} left`, (x + right) / 2, bbox.top + bbox.height - 8 * devicePixelRatio, "center");
}

function drawBaseline(chart, evaluations, units) {
  const base = evaluations.baseline?.value ?? null;
  if (base === null) return;
  const { ctx, bbox } = chart;
  const y = Math.round(chart.valToPos(base, "y", true));
  ctx.save();
  ctx.strokeStyle = colour("ink-3");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
  const words = `baseline ${figure(base)}${units ? ` ${units}` : ""}`;
  drawLabel(chart, words, bbox.left + bbox.width - 4 * devicePixelRatio, y - 5 * devicePixelRatio, "right");
}

/** Crosses stand on the best-so-far line, as there is nothing measured to place them by; before any best, at the bottom. */
function drawCrosses(chart, evaluations) {
  const { ctx, bbox } = chart;
  const arm = 4 * devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour("bad");
  ctx.lineWidth = 1.6 * devicePixelRatio;
  ctx.beginPath();
  for (let i = evaluations.failed.indexOf(true); i !== -1; i = evaluations.failed.indexOf(true, i + 1)) {
    const best = evaluations.bestSoFar[i];
    const x = chart.valToPos(evaluations.n[i], "x", true);
    const y = best === null ? bbox.top + bbox.height - 2 * arm : chart.valToPos(best, "y", true);
    ctx.moveTo(x - arm, y - arm);
    ctx.lineTo(x + arm, y + arm);
    ctx.moveTo(x + arm, y - arm);
    ctx.lineTo(x - arm, y + arm);
  }
  ctx.stroke();
  ctx.restore();
}

const dots = (size, look) => ({ paths: () => null, points: { show: true, space: 0, size, ...look } });

export const objective = {
  /** Columns for uPlot: number, feasible, infeasible, best so far. */
  columns: (evaluations) => [evaluations.n, evaluations.feasible, evaluations.infeasible, evaluations.bestSoFar],

  options(evaluations, { units, log }, size) {
    const dot = dotSize(evaluations.n.length);
    const ticks = (_chart, _axis, low, high) => (log && logTicks(low, high)) || linearTicks(low, high);
    return {
      ...size,
      legend: { show: false },
      cursor: CURSOR,
      padding: [10, 12, 0, 0],
      scales: {
        x: { time: false, range: () => evaluations.span },
        y: { distr: log ? 3 : 1, range: (_chart, low, high) => range(evaluations, log, low, high) },
      },
      axes: [evaluationAxis(), valueAxis(ticks)],
      series: [
        {},
        { stroke: () => colour("accent"), ...dots(dot, { width: 0, fill: () => faded("accent", 0.78) }) },
        { stroke: () => colour("accent"), ...dots(dot, { width: 1.3, stroke: () => colour("accent"), fill: () => colour("panel") }) },
        { stroke: () => colour("good"), width: 2, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false }, spanGaps: true },
      ],
      hooks: {
        drawClear: [(chart) => shadeWhatIsLeft(chart, evaluations)],
        draw: [
          (chart) => labelWhatIsLeft(chart, evaluations),
          (chart) => drawBaseline(chart, evaluations, units),
          (chart) => drawCrosses(chart, evaluations),
        ],
      },
    };
  },

  /** What the cursor points at, in words. */
  readout(evaluations, { units }, at) {
    const value = evaluations.feasible[at] ?? evaluations.infeasible[at];
    const said = evaluations.failed[at] ? "refused or failed" : value === null ? "measuring" : `${figure(value, 4)} ${units}`;
    const best = evaluations.bestSoFar[at];
    return `${evaluations.n[at]}: ${said.trim()}${evaluations.infeasible[at] === null ? "" : ", infeasible"}${best === null ? "" : ` · best ${figure(best, 4)}`}`;
  },

  summary(evaluations, { units }) {
    const best = evaluations.best;
    const failed = evaluations.failed.filter(Boolean).length;
    const words = [`${evaluations.count} evaluations`];
    if (best) words.push(`best ${figure(best.value)} ${units}`.trim());
    if (evaluations.baseline) words.push(`baseline ${figure(evaluations.baseline.value)} ${units}`.trim());
    if (failed) words.push(`${failed} refused or failed`);
    return words.join(", ");
  },

  key: () => [],
};
