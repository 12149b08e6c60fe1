// What this page follows: streams with the last event number it has, and topics of channel values.

export const Verdict = Object.freeze({ NEW: "new", DUPLICATE: "duplicate", GAP: "gap" });

export class Subscriptions {
  #last = new Map(); // stream → number of the last event seen
  #topics = new Set();
  #denied = new Set();
  #heard = new Set(); // streams that sent events on the present connection
  #gapAt = new Map(); // stream → last number at which the server was already asked to fill a gap

  /** Take up what the page's elements ask for; streams that none asks for any more are let go. Returns whether anything is new. */
  read(root) {
    let changed = false;
    const elements = [...root.querySelectorAll("[data-live-stream]")];
    const asked = new Set(elements.map((element) => element.dataset.liveStream));
    for (const stream of [...this.#last.keys()]) if (!asked.has(stream)) this.#last.delete(stream);
    for (const element of elements) {
      const stream = element.dataset.liveStream;
      if (this.#last.has(stream) || this.#denied.has(stream)) continue;
      this.#last.set(stream, Number(element.dataset.liveLast) || 0);
      changed = true;
    }
    for (const element of root.querySelectorAll("[data-live-topic]")) {
      for (const topic of element.dataset.liveTopic.split(/\s+/).filter(Boolean)) {
        if (this.#topics.has(topic) || this.#denied.has(topic)) continue;
        this.#topics.add(topic);
        changed = true;
      }
    }
    return changed;
  }

  get empty() {
    return this.#last.size === 0 && this.#topics.size === 0;
  }

  /** The socket's query string, e.g. `s=campaign:42@17&t=values:demo-linac`. */
  query() {
    const part = (key, value) => `${key}=${encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%40", "@")}`;
    const streams = [...this.#last].map(([stream, last]) => part("s", `${stream}@${last}`));
    return [...streams, ...[...this.#topics].map((topic) => part("t", topic))].join("&");
  }

  connectionOpened() {
    this.#heard.clear();
  }

  /** Judge one event's number. A gap that the server was asked to fill and could not is accepted: nothing more exists. */
  judge(stream, n) {
    const last = this.#last.get(stream);
    if (last === undefined || n <= last) return Verdict.DUPLICATE;
    if (n > last + 1 && this.#asksAgain(stream, last)) return Verdict.GAP;
    this.#heard.add(stream);
    this.#last.set(stream, n);
    return Verdict.NEW;
  }

  /** Compare with the server's last number once it has sent all it had. Returns "same", "gap" or "restarted". */
  caughtUp(stream, serverLast) {
    const last = this.#last.get(stream);
    if (last === undefined || serverLast === last) return "same";
    if (serverLast > last && this.#asksAgain(stream, last)) return "gap";
    if (serverLast < last && this.#heard.has(stream)) return "same"; // newer events overtook this message
    this.#last.set(stream, serverLast); // the server's history has a hole, or was restored and is shorter than ours
    return "restarted";
  }

  /** Note that the server is asked for what comes after `last`; false when it was asked before, in vain. */
  #asksAgain(stream, last) {
    if (this.#gapAt.get(stream) === last) return false;
    this.#gapAt.set(stream, last);
    return true;
  }

  deny(name) {
    this.#denied.add(name);
    this.#last.delete(name);
    this.#topics.delete(name);
  }
}
