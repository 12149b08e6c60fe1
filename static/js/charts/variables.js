// The variables over evaluations, each as a line from 0 to 1 within its envelope.

import { CURSOR, evaluationAxis, valueAxis } from "./axes.js";
import { figure } from "./numbers.js";
import { lineColour, lineDash } from "./palette.js";

const line = (index) => ({
  stroke: () => lineColour(index),
  dash: lineDash(index),
  width: 1.5,
  points: { show: false },
  spanGaps: true,
});

export const variables = {
  columns: (evaluations) => [evaluations.n, ...evaluations.variables.values()],

  options(evaluations, _settings, size) {
    return {
      ...size,
      legend: { show: false },
      cursor: CURSOR,
      padding: [8, 12, 0, 0],
      scales: { x: { time: false, range: () => evaluations.span }, y: { range: () => [-0.03, 1.03] } },
      axes: [evaluationAxis(), valueAxis(() => [0, 0.5, 1])],
      series: [{}, ...[...evaluations.variables.keys()].map((_name, index) => line(index))],
    };
  },

  readout(evaluations, _settings, at) {
    const values = [...evaluations.variables].map(([name, column]) => `${name} ${figure(column[at])}`);
    return `${evaluations.n[at]}: ${values.join(" · ")}`;
  },

  summary(evaluations) {
    return `${evaluations.count} evaluations of ${[...evaluations.variables.keys()].join(", ")}, each from 0 to 1 within its envelope`;
  },

  /** One entry for each line: its name and its classes from charts.css. */
  key: (evaluations) => [...evaluations.variables.keys()],
};
