// The key of a chart's lines, into the [data-chart-key] of its panel: a piece of the line, then its name.

import { SERIES_COLOURS } from "./palette.js";

const SVG = "http://www.w3.org/2000/svg";
const DASHES = ["", "key-dash", "key-dash-2"];

function swatch(index) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 14 10");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", "M0 5H14");
  line.setAttribute("class", `key-line s-${(index % SERIES_COLOURS) + 1} ${DASHES[Math.floor(index / SERIES_COLOURS) % DASHES.length]}`);
  svg.append(line);
  return svg;
}

export function showKey(host, names) {
  const place = host.closest(".panel")?.querySelector("[data-chart-key]");
  if (!place || names.length === 0) return;
  place.classList.add("chart-key");
  place.replaceChildren(
    ...names.map((name, index) => {
      const item = document.createElement(place.matches("ul, ol") ? "li" : "span");
      item.append(swatch(index), name);
      return item;
    }),
  );
}
