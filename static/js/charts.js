// Draws a campaign's charts from JSON and lets them grow with live events:
//   <div data-chart="objective" data-source="/campaigns/42/chart.json" data-stream="campaign:42" data-log="true" data-units="µm" data-direction="minimize">
//   <div data-chart="variables" data-source="…" data-stream="…" data-iteration="2">   only the events of this iteration
// Charts with the same source share one request and one set of evaluations.

import { Chart } from "./charts/chart.js";
import { Evaluations } from "./charts/evaluations.js";
import { objective } from "./charts/objective.js";
import { AXIS_FONT, forget } from "./charts/palette.js";
import { variables } from "./charts/variables.js";

const KINDS = { objective, variables };

const sources = new Map(); // URL → {stream, evaluations: Promise, charts, early: events that came before the answer}
const charts = new Map(); // host → chart, or null while its evaluations are fetched
const failed = new Set(); // hosts whose evaluations could not be fetched

async function fetchEvaluations(url, direction) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const answer = await response.json();
  return new Evaluations({ ...answer, direction: answer.direction ?? direction });
}

function sourceOf(host) {
  const { source: url, stream, iteration, direction } = host.dataset;
  if (!sources.has(url)) {
    const source = { stream, iteration, charts: new Set(), early: [], ready: null };
    source.evaluations = fetchEvaluations(url, direction).then((evaluations) => {
      for (const evaluation of source.early) evaluations.put(evaluation);
      source.ready = evaluations;
      return evaluations;
    });
    sources.set(url, source);
  }
  return sources.get(url);
}

function note(host, text, manner = "") {
  const words = document.createElement("div");
  words.className = `chart-note ${manner}`;
  words.textContent = text;
  host.replaceChildren(words);
}

async function mount(host) {
  charts.set(host, null);
  note(host, "Loading…");
  const source = sourceOf(host);
  try {
    const [evaluations] = await Promise.all([source.evaluations, document.fonts.load(AXIS_FONT)]);
    if (!host.isConnected) {
      charts.delete(host);
      return;
    }
    const chart = new Chart(host, KINDS[host.dataset.chart], evaluations);
    charts.set(host, chart);
    source.charts.add(chart);
  } catch (error) {
    console.error(error);
    sources.delete(host.dataset.source);
    failed.add(host);
    note(host, `The chart could not be loaded: ${error.message}. It is tried again with the next connection; reload the page to try at once.`, "bad");
  }
}

function mountAll() {
  for (const [host, chart] of charts) {
    if (host.isConnected && (chart === null || chart.alive)) continue;
    chart?.leave();
    for (const source of sources.values()) source.charts.delete(chart);
    charts.delete(host);
  }
  for (const host of document.querySelectorAll("[data-chart]")) if (!charts.has(host)) mount(host);
}

/** A campaign's stream brings the evaluations of all its iterations, and each iteration numbers them anew. */
function concerns({ stream, iteration }, { stream: from, payload }) {
  return stream === from && (iteration === undefined || iteration === String(payload.iteration));
}

document.addEventListener("live:event", ({ detail }) => {
  if (detail.kind !== "evaluation") return;
  for (const source of sources.values()) {
    if (!concerns(source, detail)) continue;
    if (source.ready === null) source.early.push(detail.payload);
    else source.ready.put(detail.payload);
    for (const chart of source.charts) chart.changed();
  }
});

document.addEventListener("live:resync", () => {
  const again = [...failed].filter((host) => host.isConnected);
  failed.clear();
  again.forEach(mount);
});

function recolour() {
  forget();
  for (const chart of charts.values()) chart?.recolour();
}

new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
matchMedia("print").addEventListener("change", recolour); // paper has colours of its own
document.addEventListener("htmx:afterSettle", mountAll);
mountAll();
