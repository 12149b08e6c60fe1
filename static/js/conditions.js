// Shows whether a condition holds as values come: [data-condition="channel"][data-operator=">"][data-limit="50"] becomes
// good, bad, or warn where the value is old or no number. The server decides; this only keeps the page up with it.

const COMPARE = {
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

function manner(element, value) {
  const number = Number(value.v);
  const known = value.v !== null && value.v !== "" && Number.isFinite(number) && !value.stale && value.severity < 3;
  if (!known) return "warn";
  return COMPARE[element.dataset.operator]?.(number, Number(element.dataset.limit)) ? "good" : "bad";
}

document.addEventListener("live:values", ({ detail }) => {
  for (const element of document.querySelectorAll("[data-condition]")) {
    const value = detail.values[element.dataset.condition];
    if (!value) continue;
    const now = manner(element, value);
    if (element.classList.contains(now)) continue;
    element.classList.remove("good", "warn", "bad");
    element.classList.add(now);
  }
});
