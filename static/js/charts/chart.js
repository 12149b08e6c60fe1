// One chart in its host element: draws, redraws at most once a frame, follows the host's size, says what it shows.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { showKey } from "./key.js";

export class Chart {
  #kind;
  #evaluations;
  #settings;
  #plot = null;
  #drawnLog = false;
  #drawnDots = 0;
  #due = false;
  #readout;
  #resize;

  /** @param kind objective or variables: {columns, options, readout, summary, key} */
  constructor(host, kind, evaluations) {
    this.host = host;
    this.#kind = kind;
    this.#evaluations = evaluations;
    this.#settings = { units: host.dataset.units ?? "", log: false };
    this.#readout = document.createElement("div");
    this.#readout.className = "chart-readout";
    host.setAttribute("role", "img");
    this.#resize = new ResizeObserver(() => this.#fit());
    this.#build();
    this.#resize.observe(host);
  }

  /** Is the chart still in the page, in the element it was made for? */
  get alive() {
    return this.host.isConnected && this.host.contains(this.#plot.root);
  }

  /** Draw what has changed with the next frame. */
  changed() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  recolour() {
    this.#plot.redraw(false, true);
  }

  leave() {
    this.#resize.disconnect();
    this.#plot.destroy();
  }

  #size() {
    return { width: Math.max(120, this.host.clientWidth), height: Math.max(80, this.host.clientHeight) };
  }

  #wantsLog() {
    return this.host.dataset.log === "true" && this.#evaluations.positive;
  }

  #build() {
    this.#plot?.destroy();
    this.#settings.log = this.#drawnLog = this.#wantsLog();
    this.#drawnDots = this.#evaluations.n.length;
    const options = this.#kind.options(this.#evaluations, this.#settings, this.#size());
    options.hooks = { ...options.hooks, setCursor: [(plot) => this.#say(plot.cursor.idx)] };
    this.host.replaceChildren();
    this.#plot = new uPlot(options, this.#kind.columns(this.#evaluations), this.host);
    this.host.append(this.#readout);
    showKey(this.host, this.#kind.key(this.#evaluations));
    this.#label();
  }

  #draw() {
    const grown = this.#evaluations.n.length;
    const denser = [500, 3000].some((limit) => this.#drawnDots <= limit && grown > limit); // dots get smaller
    if (this.#wantsLog() !== this.#drawnLog || denser) this.#build();
    else this.#plot.setData(this.#kind.columns(this.#evaluations));
    this.#label();
  }

  #label() {
    const words = this.#kind.summary(this.#evaluations, this.#settings);
    if (this.host.getAttribute("aria-label") !== words) this.host.setAttribute("aria-label", words);
  }

  #fit() {
    const size = this.#size();
    if (size.width !== this.#plot.width || size.height !== this.#plot.height) this.#plot.setSize(size);
  }

  #say(at) {
    const known = at !== null && at !== undefined && at < this.#evaluations.n.length;
    this.#readout.textContent = known ? this.#kind.readout(this.#evaluations, this.#settings, at) : "";
  }
}
