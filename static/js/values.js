// Shows channel values as they come: text in [data-channel], the tick of now in svg.range[data-channel].

import { serverNow } from "./shared/server_clock.js";

const SEVERITIES = ["", "minor alarm", "major alarm", "invalid"];

const latest = new Map(); // channel → its last value
const pending = new Set(); // channels that changed since the last frame
let framed = false; // is a frame asked for? In a hidden page it may come much later
let shown = null; // channel → elements; null when the page has changed

function elementsOf(channel) {
  if (shown === null) {
    shown = new Map();
    for (const element of document.querySelectorAll("[data-channel]")) {
      const name = element.dataset.channel;
      if (!shown.has(name)) shown.set(name, []);
      shown.get(name).push(element);
    }
  }
  return shown.get(channel) ?? [];
}

/** Seconds since 1970 or ISO 8601 → milliseconds. */
const milliseconds = (ts) => (typeof ts === "number" ? ts * 1000 : Date.parse(ts));

function words(value) {
  const parts = [];
  if (value.stale) parts.push("old value");
  if (value.severity) parts.push(SEVERITIES[value.severity] ?? `severity ${value.severity}`);
  if (value.ts) {
    const age = Math.max(0, Math.round((serverNow() - milliseconds(value.ts)) / 1000));
    parts.push(`from ${new Date(milliseconds(value.ts)).toLocaleTimeString()}, ${age} s ago`);
  }
  return parts.join(", ");
}

function moveTick(svg, value) {
  const low = Number(svg.dataset.low);
  const share = (Number(value.v) - low) / (Number(svg.dataset.high) - low);
  const tick = svg.querySelector(".now");
  if (!tick || value.v === null || !Number.isFinite(share)) return;
  tick.setAttribute("x", `${100 * Math.min(1, Math.max(0, share))}%`);
  svg.classList.toggle("outside", share < 0 || share > 1);
}

function apply(element, value) {
  element.classList.toggle("stale", Boolean(value.stale) || value.v === null);
  if (element instanceof SVGElement) {
    moveTick(element, value);
    return;
  }
  const text = value.v === null ? "—" : (value.text ?? String(value.v));
  if (element.textContent !== text) element.textContent = text;
  element.title = words(value);
  if (value.severity) element.dataset.severity = value.severity;
  else delete element.dataset.severity;
}

function draw() {
  framed = false;
  for (const channel of pending) for (const element of elementsOf(channel)) apply(element, latest.get(channel));
  pending.clear();
}

document.addEventListener("live:values", ({ detail }) => {
  if (!framed) requestAnimationFrame(draw);
  framed = true;
  for (const [channel, value] of Object.entries(detail.values)) {
    latest.set(channel, value);
    pending.add(channel);
  }
});

/** What the server rendered is older than what we have: put that back before anything is painted. */
function drawAll() {
  shown = null;
  for (const channel of latest.keys()) pending.add(channel);
  draw();
}

for (const name of ["htmx:afterSwap", "htmx:afterSettle"]) document.addEventListener(name, drawAll);

document.addEventListener("pointerover", (event) => {
  const element = event.target.closest?.("[data-channel]");
  const value = element && latest.get(element.dataset.channel);
  if (value && element instanceof HTMLElement) element.title = words(value); // the age, as of now
});
