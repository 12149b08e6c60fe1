// Puts back what was typed before its form could not be acted on, such as because the login had ended:
// <template data-kept="/action/"> holds the fields that were posted there, one <textarea name> for each value.

const SEEN = "seen";
const BUTTONS = new Set(["submit", "button", "reset", "image"]);
const controls = (form) => [...form.elements].filter((element) => element.name && !BUTTONS.has(element.type));
const path = (form) => new URL(form.getAttribute("action") || location.href, location.href).pathname;

/** name → values, in the order in which they were sent */
function read(template) {
  const typed = new Map();
  for (const { name, value } of template.content.querySelectorAll("textarea")) typed.set(name, [...(typed.get(name) ?? []), value]);
  return typed;
}

const holds = (form, typed) => [...typed.keys()].every((name) => form.elements.namedItem(name));

/** What a form hides says what it is about; only SEEN may differ, as what is there now may be newer than what was changed. */
const same = (form, typed) => controls(form).every(({ type, name, value }) => type !== "hidden" || name === SEEN || !typed.has(name) || typed.get(name).includes(value));

const sent = (action, typed) => [...document.forms].find((form) => form.getAttribute("method") === "post" && path(form) === action && holds(form, typed) && same(form, typed));

/** Whether a person sees that this field holds something else now. SEEN goes back too, so that the server notices a newer value. */
function fill(element, typed) {
  if (element.type === "file" || element.type === "password" || (element.type === "hidden" && element.name !== SEEN)) return false;
  const values = typed.get(element.name) ?? [];
  if (element.type === "checkbox" || element.type === "radio") {
    const before = element.checked;
    element.checked = values.includes(element.value);
    return element.checked !== before;
  }
  if (!values.length || element.value === values[0]) return false;
  element.value = values[0];
  return element.type !== "hidden";
}

function unfold(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

function say() {
  const notice = document.createElement("div");
  notice.className = "notice warn";
  const text = document.createElement("p");
  text.textContent = "What you typed stands here again. It was not sent.";
  const close = Object.assign(document.createElement("button"), { type: "button", className: "close", textContent: "✕" });
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  notice.append(text, close);
  document.querySelector(".notices")?.append(notice);
}

const template = document.querySelector("template[data-kept]");
const typed = template ? read(template) : new Map();
const form = template && sent(template.dataset.kept, typed);
const filled = form ? controls(form).filter((element) => fill(element, typed)) : [];
filled.forEach(unfold);
if (filled.length) {
  filled[0].focus();
  say();
}
