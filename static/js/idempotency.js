// Lets a form act once however often it is sent: form[method=post][data-idempotent] carries a fresh key until it succeeded,
// and its buttons rest while a request is under way.

import { newKey } from "./shared/idempotency_key.js";

const FIELD = "idempotency_key";
const GIVE_UP = 20000; // ms after which a form that left no trace may be sent again, with the same key

const selector = "form[data-idempotent]";
const timers = new WeakMap();

function field(form) {
  let input = form.elements.namedItem(FIELD);
  if (!(input instanceof HTMLInputElement)) {
    input = document.createElement("input");
    input.type = "hidden";
    input.name = FIELD;
    input.id = `${FIELD}-${newKey()}`; // so that a refresh never takes it for another field
    form.append(input);
  }
  return input;
}

const renew = (form) => (field(form).value = newKey());
const inFlight = (form) => form.hasAttribute("data-in-flight");

function submitters(form) {
  return [...form.elements].filter((element) => element.matches('button:not([type="button"]), input[type="submit"]'));
}

function hold(form) {
  form.setAttribute("data-in-flight", "");
  form.setAttribute("aria-busy", "true");
  // After this turn, so that the pressed button's own name and value are still sent.
  setTimeout(() => submitters(form).forEach((button) => (button.disabled = inFlight(form))));
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => release(form), GIVE_UP));
}

function release(form) {
  clearTimeout(timers.get(form));
  form.removeAttribute("data-in-flight");
  form.removeAttribute("aria-busy");
  submitters(form).forEach((button) => (button.disabled = false));
}

function prepareAll() {
  for (const form of document.querySelectorAll(selector)) if (!field(form).value) renew(form);
}

window.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches(selector) || !inFlight(event.target)) return;
    event.preventDefault(); // the second press of a double click
    event.stopImmediatePropagation();
  },
  { capture: true },
);

document.addEventListener("submit", (event) => {
  if (event.target.matches(selector) && !event.defaultPrevented) hold(event.target); // the browser sends it and leaves the page
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches?.(selector)) hold(event.target);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.target.matches?.(selector)) return;
  release(event.target);
  if (event.detail.successful) renew(event.target); // otherwise the same key: it may have acted all the same
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll(selector)) {
    release(form);
    renew(form);
  }
});

document.addEventListener("htmx:afterSettle", prepareAll);
prepareAll();
