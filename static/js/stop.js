// Sends STOP from form[data-stop] without leaving the page, says at once what happens, and says loudly when it did not arrive.

import { newKey } from "./shared/idempotency_key.js";

const PAUSES = [0, 500, 1000, 2000]; // ms before each attempt: the first and three more
const PATIENCE = 4000; // ms one attempt may take
const IN_FLIGHT = new WeakSet();
const CALL = "Run `xoptweb stop` on the control host.";

class NotDelivered extends Error {} // nothing proves that the server acted; trying again may help
class Refused extends Error {} // the server answered that it will not act; trying again cannot help

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where the answer goes. A page without such a place gets one: words about STOP must never be lost. */
function region(form) {
  const there = form.querySelector("[data-stop-result]") ?? document.querySelector("[data-stop-result]");
  if (there) return there;
  const made = document.createElement("div");
  made.className = "stop-result";
  made.dataset.stopResult = "";
  made.setAttribute("role", "alert");
  document.body.prepend(made);
  return made;
}

/** Put text into an element, with `code` between backticks. */
function write(element, text) {
  for (const [i, part] of text.split("`").entries()) {
    if (i % 2 === 0) element.append(part);
    else element.appendChild(document.createElement("code")).textContent = part;
  }
}

function show(form, manner, text, items = []) {
  const target = region(form);
  target.classList.remove("busy", "good", "bad");
  target.classList.add(manner);
  const words = document.createElement("div");
  write(words.appendChild(document.createElement("p")), text);
  if (items.length) {
    const list = words.appendChild(document.createElement("ul"));
    for (const item of items) list.appendChild(document.createElement("li")).textContent = typeof item === "string" ? item : JSON.stringify(item);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close end";
  close.setAttribute("aria-label", "Dismiss");
  close.textContent = "✕";
  close.addEventListener("click", () => target.replaceChildren());
  target.replaceChildren(words, ...(manner === "busy" ? [] : [close]));
}

async function readAnswer(response) {
  if (response.type === "opaqueredirect") throw new Refused("the server asked to sign in first");
  const text = await response.text();
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = null; // an error page, or a proxy's words
  }
  if (response.ok && typeof answer?.message === "string") return answer;
  const said = answer?.message ?? answer?.detail;
  const reason = typeof said === "string" ? said : `the server answered ${response.status}`;
  if (response.status >= 400 && response.status < 500) throw new Refused(reason);
  throw new NotDelivered(reason);
}

/** The token of now: logging in again in another window has made the one in this page too old, and STOP must not fail by that. */
const tokenOf = (form) => /(?:^|;\s*)xoptweb_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? form.querySelector('[name="csrfmiddlewaretoken"]')?.value ?? "";

async function attempt(form, key) {
  const token = tokenOf(form);
  const body = new FormData(form);
  body.set("csrfmiddlewaretoken", token);
  let response;
  try {
    response = await fetch(form.getAttribute("action"), {
      method: "POST",
      body,
      headers: { Accept: "application/json", "X-CSRFToken": token, "Idempotency-Key": key },
      redirect: "manual",
      keepalive: true, // leaving the page must not take STOP back
      signal: AbortSignal.timeout(PATIENCE),
    });
    return await readAnswer(response);
  } catch (error) {
    if (error instanceof Refused || error instanceof NotDelivered) throw error;
    throw new NotDelivered(error.name === "TimeoutError" ? `no answer within ${PATIENCE / 1000} s` : "the server cannot be reached");
  }
}

async function stop(form) {
  const key = newKey();
  show(form, "busy", "Stopping…");
  let reason = "";
  for (const [i, pause] of PAUSES.entries()) {
    if (i > 0) show(form, "bad", `STOP was not delivered yet: ${reason}. Trying again (${i + 1} of ${PAUSES.length})… ${CALL}`);
    await wait(pause);
    try {
      const answer = await attempt(form, key);
      const stopped = Array.isArray(answer.stopped) ? answer.stopped : [];
      show(form, "good", answer.message, stopped.filter((item) => !answer.message.includes(item)));
      return;
    } catch (error) {
      reason = error.message;
      if (error instanceof Refused) break;
    }
  }
  show(form, "bad", `STOP was NOT delivered: ${reason}. ${CALL}`);
}

function setBusy(form, busy) {
  for (const button of form.elements) {
    if (button instanceof HTMLButtonElement) button.setAttribute("aria-busy", String(busy));
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-stop]")) return;
  event.preventDefault();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("cancel"); // so that the answer can be seen
  if (IN_FLIGHT.has(form)) return;
  IN_FLIGHT.add(form);
  setBusy(form, true);
  try {
    await stop(form);
  } finally {
    IN_FLIGHT.delete(form);
    setBusy(form, false);
  }
});
