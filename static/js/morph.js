// Keeps what a person is doing when a part of the page is refreshed: typed values, open dialogs and folds, drawn charts.

/** Does this field hold something other than what the server rendered? */
function edited(element) {
  if (element instanceof HTMLInputElement && ["checkbox", "radio"].includes(element.type)) return element.checked !== element.defaultChecked;
  if (element instanceof HTMLInputElement && element.type !== "hidden") return element.value !== element.defaultValue;
  if (element instanceof HTMLTextAreaElement) return element.value !== element.defaultValue;
  if (element instanceof HTMLSelectElement) return [...element.options].some((option) => option.selected !== option.defaultSelected);
  return false;
}

/** A key stands for one action until that is done; idempotency.js renews it then. */
const isKey = (node) => node instanceof HTMLInputElement && node.name === "idempotency_key";

Object.assign(window.Idiomorph.defaults.callbacks, {
  beforeNodeMorphed(old, fresh) {
    if (!(old instanceof Element) || !(fresh instanceof Element)) return true;
    if (old.matches("dialog[open]")) return old.id !== fresh.id;
    if (old.matches("[data-chart], [data-keep]")) return !fresh.matches("[data-chart], [data-keep]");
    return !((edited(old) || isKey(old)) && old.name === fresh.name);
  },
  beforeNodeRemoved(node) {
    return !isKey(node);
  },
  beforeAttributeUpdated(name, element) {
    if (name === "open" && element.matches("details")) return false;
    if (name === "data-in-flight" || name === "aria-busy") return !element.hasAttribute("data-in-flight");
    if (name === "disabled") return !element.form?.hasAttribute("data-in-flight");
    return true;
  },
});
