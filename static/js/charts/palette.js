// Colours of the present theme for canvases, read from the style sheet's tokens.

export const AXIS_FONT = '11px "Plex Mono", ui-monospace, monospace';
export const SERIES_COLOURS = 8;

let colours = new Map();

/** The value of one token, e.g. colour("accent"). */
export function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  return colours.get(name);
}

/** The colour of the nth line of a chart, from 0; dashes tell lines apart once colours repeat. */
export const lineColour = (index) => colour(`series-${(index % SERIES_COLOURS) + 1}`);
export const lineDash = (index) => [[], [4, 3], [1.5, 2.5]][Math.floor(index / SERIES_COLOURS) % 3];

/** A colour with some of its strength taken away. */
export function faded(name, share) {
  const hex = colour(name);
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${share})`;
}

/** Forget the colours, as the theme has changed. */
export function forget() {
  colours = new Map();
}
