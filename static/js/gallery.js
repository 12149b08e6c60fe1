// Artifacts by keyboard: in [data-gallery] arrows, Home and End move, Enter opens, n goes to the next [data-new];
// beside [data-viewer] Esc goes back, ← and → to the neighbours, n to [data-next-new]. [data-copy="id"] copies a text.

const cards = () => [...document.querySelectorAll("[data-gallery] a")];

/** How many cards stand in the first row. */
function columns(all) {
  const top = all[0].getBoundingClientRect().top;
  return all.filter((card) => Math.abs(card.getBoundingClientRect().top - top) < 4).length;
}

function target(key, all, at) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(all), ArrowDown: columns(all) };
  if (key === "Home") return 0;
  if (key === "End") return all.length - 1;
  if (key === "n") return nextNew(all, at);
  if (!(key in steps)) return -1;
  if (at < 0) return 0;
  const wanted = at + steps[key];
  return wanted < 0 || wanted >= all.length ? at : wanted;
}

function nextNew(all, at) {
  const order = [...all.keys()].map((step) => (at + 1 + step) % all.length);
  return order.find((index) => "new" in all[index].dataset) ?? -1;
}

function moved(key) {
  const all = cards();
  if (!all.length) return false;
  const index = target(key, all, all.indexOf(document.activeElement));
  if (index < 0) return false;
  all[index].focus();
  all[index].scrollIntoView({ block: "nearest" });
  return true;
}

const ways = { Escape: "[data-back]", ArrowLeft: "a[rel=prev]", ArrowRight: "a[rel=next]", n: "[data-next-new]" };

function followed(key) {
  const link = key in ways ? document.querySelector(`.page-head ${ways[key]}`) : null;
  if (!link) return false;
  link.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest?.("input, select, textarea, dialog, [contenteditable]") || document.querySelector("dialog[open]")) return;
  if (document.querySelector("[data-viewer]") ? followed(event.key) : moved(event.key)) event.preventDefault();
});

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  throw new Error("no clipboard here");
}

document.addEventListener("click", async ({ target: clicked }) => {
  const button = clicked.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const said = button.parentElement.querySelector("[role=status]");
  try {
    await copy(source.textContent);
    said.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(source); // without HTTPS browsers give no clipboard
    said.textContent = "It is selected; press Ctrl+C.";
  }
});
