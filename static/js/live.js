// Follows the server: one receive-only WebSocket per page brings numbered events and channel values; nothing is ever sent.
//
// The page says what it follows:  data-live-stream="campaign:42" data-live-last="17"   data-live-topic="values:demo-linac"
// Others listen on document:      live:event {stream, n, kind, at, payload}   live:values {topic, values}
//                                 live:state {state, words}   live:resync (anything may have changed)
// The state is also on <body data-live="connected|reconnecting|offline"> and, in words, in every [data-live-state].

import { ReceivingSocket } from "./live/socket.js";
import { Subscriptions, Verdict } from "./live/subscriptions.js";
import "./live/refresh.js";

const PATH = "/ws/live/";

const subscriptions = new Subscriptions();
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
let stated = { state: "reconnecting", words: "connecting…" };

function showState() {
  document.body.dataset.live = stated.state;
  for (const element of document.querySelectorAll("[data-live-state]")) {
    if (element.textContent !== stated.words) element.textContent = stated.words;
  }
}

const handlers = {
  events({ stream, events }) {
    for (const event of events) {
      const verdict = subscriptions.judge(stream, event.n);
      if (verdict === Verdict.GAP) {
        socket.reconnect(); // with our last number, so that the server sends what is missing
        return;
      }
      if (verdict === Verdict.NEW) tell("live:event", { stream, ...event });
    }
  },
  values({ topic, values }) {
    tell("live:values", { topic, values });
  },
  caught_up({ stream, last }) {
    const answer = subscriptions.caughtUp(stream, last);
    if (answer === "gap") socket.reconnect();
    else if (answer === "restarted") tell("live:resync");
  },
  denied({ stream, topic }) {
    const name = stream ?? topic;
    subscriptions.deny(name);
    console.warn(`live: not allowed to follow ${name}`);
    tell("live:denied", { name });
  },
};

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const socket = new ReceivingSocket(() => `${scheme}//${location.host}${PATH}?${subscriptions.query()}`, {
  state(state, words) {
    stated = { state, words };
    showState();
    tell("live:state", stated);
  },
  opened(again) {
    subscriptions.connectionOpened();
    if (again) tell("live:resync");
  },
  message(message) {
    handlers[message.type]?.(message);
  },
});

function follow() {
  if (subscriptions.read(document)) socket.connect();
  showState();
}

document.addEventListener("htmx:afterSwap", showState);
document.addEventListener("htmx:afterSettle", follow); // new parts may follow more, and state words may be new
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !subscriptions.empty) socket.hurry();
});
window.addEventListener("online", () => {
  if (!subscriptions.empty) socket.hurry();
});
window.addEventListener("pagehide", () => socket.close());
window.addEventListener("pageshow", (event) => {
  if (event.persisted && !subscriptions.empty) socket.connect();
});
follow();
