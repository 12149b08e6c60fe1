// Messages in the corner: dismisses them, has those that only confirm go by themselves, and adds one when a request of this
// page fails, so that no failure is silent.

const HOME = ".notices";
const READ = 8000; // ms that a confirmation stays, unless somebody points at it

function add(text) {
  const home = document.querySelector(HOME);
  if (!home) throw new Error(`the page has no ${HOME} to say: ${text}`);
  if ([...home.children].some((notice) => notice.dataset.text === text)) return;
  const notice = document.createElement("div");
  notice.className = "notice bad";
  notice.dataset.text = text;
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.setAttribute("aria-label", "Dismiss");
  close.dataset.dismiss = "";
  close.textContent = "✕";
  notice.append(words, close);
  home.append(notice);
}

/** What the server says of it in words, if it does: its notice comes as a piece of a page. */
function told(xhr) {
  if (!xhr?.getResponseHeader("Content-Type")?.startsWith("text/html")) return "";
  const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
  return answer.querySelector("body > .notice:only-child > p")?.textContent.trim() ?? "";
}

function reason(event) {
  if (event.type === "htmx:timeout") return "the server did not answer in time";
  if (event.type === "htmx:sendError") return "the server cannot be reached";
  const { status } = event.detail.xhr;
  if (status === 401) return "you are signed out; reload the page to log in";
  if (status === 403) return `the server refused it (${status}); are you still signed in?`;
  return `the server answered ${status}`;
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const signedOut = event.detail.xhr?.status === 401;
    if (event.target.matches?.("[data-live-refresh]") && !signedOut) return; // these mark themselves and try again
    add(told(event.detail.xhr) || `This did not work: ${reason(event)}.`);
  });
}

function goLater(notice) {
  setTimeout(() => (notice.matches(":hover, :focus-within") ? goLater(notice) : notice.remove()), READ);
}

for (const notice of document.querySelectorAll(`${HOME} > .notice.success`)) goLater(notice);

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest(".notice, .banner")?.remove();
});
