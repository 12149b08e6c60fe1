// Axes and cursor that both campaign charts share.

import { AXIS_FONT, colour } from "./palette.js";
import { figure, linearTicks } from "./numbers.js";

const line = { show: true, width: 1, stroke: () => colour("line") };

export const CURSOR = { y: false, drag: { x: false, y: false }, points: { size: 7, width: 0 } };

/** Evaluation numbers along the bottom, without grid lines. */
export function evaluationAxis() {
  return {
    stroke: () => colour("ink-3"),
    font: AXIS_FONT,
    size: 24,
    gap: 6,
    grid: { show: false },
    ticks: { show: false },
    splits: (chart, _axis, low, high) => linearTicks(low, high, Math.max(2, Math.floor(chart.width / 110))).filter(Number.isInteger),
    values: (_chart, splits) => splits.map((value) => figure(value, 7)),
  };
}

/** Values at the left with hairlines across; `splits` gives the ticks. */
export function valueAxis(splits) {
  return {
    stroke: () => colour("ink-3"),
    font: AXIS_FONT,
    gap: 6,
    size: (_chart, values) => Math.max(38, 14 + 7 * Math.max(0, ...(values ?? []).map((text) => text.length))),
    grid: line,
    ticks: { show: false },
    splits,
    filter: (_chart, ticks) => ticks, // uPlot drops ticks of a logarithmic axis that are not 1, 2 or 5
    values: (_chart, ticks) => ticks.map((value) => figure(value)),
  };
}
