// Numbers for axes and labels: a few significant figures, a typographic minus, ticks at 1, 2 and 5.

export function figure(value, digits = 3) {
  if (value === null || value === undefined) return "—";
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e5);
  const text = plain ? String(Number(value.toPrecision(digits))) : value.toExponential(Math.max(0, digits - 2));
  return text.replaceAll("-", "−").replace("e+", "e");
}

/** Ticks for a logarithmic axis: 1, 2, 5 in each decade, or only decades when there are many; null if the range is too short. */
export function logTicks(low, high) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const steps = last - first > 4 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let decade = first; decade <= last; decade += 1) {
    for (const step of steps) {
      const tick = Number((step * 10 ** decade).toPrecision(2));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks.length >= 2 ? ticks : null;
}

/** About `wanted` round ticks on a linear axis. */
export function linearTicks(low, high, wanted = 4) {
  const raw = (high - low) / wanted;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * size).find((candidate) => candidate >= raw * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high * (1 + 1e-9); i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}
