// One receive-only WebSocket that comes back by itself: backoff with jitter, and a watch over its silence.

const FIRST_DELAY = 250; // ms
const LONGEST_DELAY = 5000;
const STEADY_AFTER = 5000; // a connection this old forgets the failures before it
const OFFLINE_AFTER = 3; // failed attempts in a row
const MISSED_SIGNS = 2.5; // periods of silence after which an announced sign of life counts as missing
const REFUSED_CODES = new Set([4401, 4403]); // signed out, not allowed: trying again cannot help

export class ReceivingSocket {
  #url;
  #on;
  #socket = null;
  #timer = null;
  #silence = null;
  #every = null; // ms between the server's signs of life, once announced
  #failures = 0;
  #openedAt = null;
  #everOpened = false;
  #stopped = false;

  /**
   * @param {() => string} url called for each attempt, as the last numbers grow
   * @param {{state: (name: string, words: string) => void, message: (message: object) => void, opened: (again: boolean) => void}} on
   */
  constructor(url, on) {
    this.#url = url;
    this.#on = on;
  }

  /** Connect now, leaving a connection that may exist. */
  connect() {
    this.#drop();
    this.#stopped = false;
    const socket = new WebSocket(this.#url());
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", (event) => this.#received(socket, event.data));
    socket.addEventListener("close", (event) => this.#closed(socket, event.code));
  }

  /** Connect again after the next delay, e.g. because of a gap. */
  reconnect() {
    this.#drop();
    this.#retry();
  }

  /** Connect at once if there is no connection, e.g. because the page became visible. */
  hurry() {
    if (!this.#stopped && this.#socket === null) this.connect();
  }

  close() {
    this.#stopped = true;
    this.#drop();
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    if (this.#openedAt !== null && performance.now() - this.#openedAt > STEADY_AFTER) this.#failures = 0;
    this.#openedAt = null;
    socket?.close();
  }

  #opened(socket) {
    if (socket !== this.#socket) return;
    this.#openedAt = performance.now();
    this.#every = null;
    this.#on.state("connected", "live");
    this.#on.opened(this.#everOpened);
    this.#everOpened = true;
  }

  #received(socket, text) {
    if (socket !== this.#socket) return;
    const message = JSON.parse(text);
    if (message.type === "alive") this.#every = message.every * 1000;
    this.#watchSilence();
    this.#on.message(message);
  }

  #watchSilence() {
    clearTimeout(this.#silence);
    if (this.#every) this.#silence = setTimeout(() => this.reconnect(), this.#every * MISSED_SIGNS);
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#drop();
    if (REFUSED_CODES.has(code)) {
      this.#stopped = true;
      this.#on.state("offline", code === 4401 ? "not live: signed out" : "not live: not allowed");
      return;
    }
    this.#retry();
  }

  #retry() {
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures) * (1 + 0.3 * Math.random());
    this.#failures += 1;
    if (this.#failures > OFFLINE_AFTER) this.#on.state("offline", "not live: values may be old");
    else this.#on.state("reconnecting", "reconnecting…");
    this.#timer = setTimeout(() => this.connect(), delay);
  }
}
