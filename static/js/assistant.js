// Conversations: shows what a model writes while it writes, in [data-draft="<turn>.<step>"]; Enter sends form[data-ask].
//
// Entries of the topic draft:<conversation> are pieces that never change: "<turn>.<step>.<characters before it>" → text.
// They can come twice, or overlap where the server has saved a longer beginning: what is there already is passed over.

const pieces = new Map(); // "<turn>.<step>" → Map of offset → text, those that did not fit yet

/** Append to `have` whatever of the known pieces continues it. Offsets count code points, as the server does. */
function grown(have, known) {
  let points = [...have];
  for (let went = true; went; ) {
    went = false;
    for (const [offset, text] of known) {
      const part = [...text];
      if (offset > points.length) continue;
      known.delete(offset);
      if (offset + part.length <= points.length) continue;
      points = points.concat(part.slice(points.length - offset));
      went = true;
    }
  }
  return points.join("");
}

function show(element) {
  const known = pieces.get(element.dataset.draft);
  if (!known) return;
  const text = grown(element.textContent, known);
  if (text === element.textContent) return;
  const low = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 120;
  element.textContent = text;
  if (low) window.scrollTo({ top: document.documentElement.scrollHeight });
}

const showAll = () => document.querySelectorAll("[data-draft]").forEach(show);

document.addEventListener("live:values", ({ detail }) => {
  if (!detail.topic.startsWith("draft:")) return;
  for (const [name, text] of Object.entries(detail.values)) {
    const cut = name.lastIndexOf(".");
    const step = name.slice(0, cut);
    if (!pieces.has(step)) pieces.set(step, new Map());
    const known = pieces.get(step);
    const offset = Number(name.slice(cut + 1));
    if ((known.get(offset) ?? "").length < text.length) known.set(offset, text);
  }
  showAll();
});
document.addEventListener("htmx:afterSettle", showAll);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  const form = event.target.closest?.("form[data-ask]");
  if (!form || !(event.target instanceof HTMLTextAreaElement)) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!detail.successful || !target.matches?.("form[data-ask]")) return;
  target.reset();
  document.querySelector("#turns > :last-child")?.scrollIntoView({ block: "start" });
});
