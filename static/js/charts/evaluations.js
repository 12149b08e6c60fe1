// The evaluations of one campaign as columns for charts: what was measured, best so far, what was refused or failed.

const FAILED = new Set(["refused", "failed", "mismatch", "unconfirmed", "conflict", "aborted"]);

/** Evaluation `i` of columns as the server sends them. */
function row({ n, objective, feasible, outcome, variables }, i) {
  const places = Object.entries(variables).map(([name, column]) => [name, column[i]]);
  return { n: n[i], objective: objective[i], feasible: feasible[i], outcome: outcome[i], variables: Object.fromEntries(places) };
}

export class Evaluations {
  n = []; // ascending evaluation numbers; every column below has one entry for each
  feasible = []; // objective where constraints hold, else null
  infeasible = []; // objective where they do not, else null
  bestSoFar = []; // running best of `feasible`
  failed = []; // true where refused or failed
  pending = []; // true where neither measured nor failed yet
  variables = new Map(); // name → values, 0 to 1 within the envelope

  constructor({ evaluations, baseline = null, budget = null, variables = [], direction }) {
    this.baseline = baseline;
    this.budget = budget;
    this.maximize = String(direction).toLowerCase().startsWith("max");
    for (const { name } of variables) this.variables.set(name, []);
    for (const i of evaluations.n.keys()) this.put(row(evaluations, i));
  }

  /** Add an evaluation, or replace the one with its number. */
  put({ n, objective = null, feasible = true, outcome = "", variables = {} }) {
    const at = this.#place(n);
    const failed = FAILED.has(outcome);
    const measured = failed || !Number.isFinite(objective) ? null : objective;
    this.feasible[at] = feasible ? measured : null;
    this.infeasible[at] = feasible ? null : measured;
    this.failed[at] = failed;
    this.pending[at] = !failed && measured === null;
    for (const [name, column] of this.variables) column[at] = variables[name] ?? null;
    this.#follow(at);
  }

  get count() {
    return this.n.length - this.pending.filter(Boolean).length;
  }

  get left() {
    return this.budget === null ? 0 : Math.max(0, this.budget - this.count);
  }

  /** The best evaluation, {n, value}, or null. */
  get best() {
    const value = this.bestSoFar.at(-1) ?? null;
    return value === null ? null : { n: this.n[this.feasible.indexOf(value)], value };
  }

  /** First and last number on the axis, with room for what the budget still allows. */
  get span() {
    const first = this.n[0] ?? 1;
    const last = this.n.at(-1) ?? first;
    const planned = this.budget === null ? last : first + this.budget - 1;
    return [first, Math.max(planned, last, first + 1)];
  }

  /** Is every value positive, so that a logarithmic scale can show it? */
  get positive() {
    const all = [this.feasible, this.infeasible].every((column) => column.every((value) => value === null || value > 0));
    return all && (this.baseline === null || this.baseline.value > 0);
  }

  #place(n) {
    let at = this.n.length;
    while (at > 0 && this.n[at - 1] >= n) at -= 1;
    if (this.n[at] === n) return at;
    this.n.splice(at, 0, n);
    for (const column of [this.feasible, this.infeasible, this.bestSoFar, this.failed, this.pending, ...this.variables.values()]) column.splice(at, 0, null);
    return at;
  }

  #follow(from) {
    const better = this.maximize ? Math.max : Math.min;
    for (let i = from; i < this.n.length; i += 1) {
      const before = i > 0 ? this.bestSoFar[i - 1] : null;
      const value = this.feasible[i];
      this.bestSoFar[i] = before === null ? value : value === null ? before : better(before, value);
    }
  }
}
