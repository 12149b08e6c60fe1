// Asks htmx to fetch the parts of the page that an event concerns: [data-live-refresh="campaign:42:evaluation,stage"].

const QUIET = 300; // ms between two refreshes of one element
const RETRY = 2000; // ms until a refresh that failed is tried again

const pace = new Map(); // element's key → {at: time of the last refresh, timer: the one that is due}

/** An element replaced by another with the same id is the same part of the page. */
const keyOf = (element) => element.id || element;
const present = (key) => (typeof key === "string" ? document.getElementById(key) : key.isConnected ? key : null);

function fire(key) {
  const element = present(key);
  if (!element) {
    pace.delete(key);
    return;
  }
  pace.set(key, { at: performance.now(), timer: null });
  element.dispatchEvent(new CustomEvent("live", { bubbles: false })); // must not wake a refreshable part around it
}

function refresh(element, wait = 0) {
  const key = keyOf(element);
  const state = pace.get(key);
  if (state?.timer) return; // one is due: it will see this change too
  const delay = Math.max(wait, state ? state.at + QUIET - performance.now() : 0);
  if (delay <= 0) fire(key);
  else pace.set(key, { at: state?.at ?? -QUIET, timer: setTimeout(() => fire(key), delay) });
}

/** "campaign:42:evaluation,stage approvals:*" → does it name this event? Streams may hold colons; kinds may not. */
function concerns(element, { stream, kind }) {
  return element.dataset.liveRefresh.split(/\s+/).some((entry) => {
    const cut = entry.lastIndexOf(":");
    if (entry.slice(0, cut) !== stream) return false;
    const kinds = entry.slice(cut + 1).split(",");
    return kinds.includes("*") || kinds.includes(kind);
  });
}

const refreshable = () => document.querySelectorAll("[data-live-refresh]");

document.addEventListener("live:event", ({ detail }) => {
  for (const element of refreshable()) if (concerns(element, detail)) refresh(element);
});

document.addEventListener("live:resync", () => {
  for (const element of refreshable()) refresh(element);
});

const mine = (event) => (event.target.matches?.("[data-live-refresh]") ? event.target : null);

function failed(event) {
  const element = mine(event);
  if (!element) return;
  element.classList.add("refresh-failed");
  element.title = "This part could not be refreshed and may be old.";
  const status = event.detail.xhr?.status ?? 0;
  if (status === 0 || status >= 500) refresh(element, RETRY); // the others will not get better by asking again
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failed);
document.addEventListener("htmx:afterRequest", (event) => {
  const element = event.detail.successful ? mine(event) : null;
  if (!element?.classList.contains("refresh-failed")) return;
  element.classList.remove("refresh-failed");
  element.removeAttribute("title");
});
