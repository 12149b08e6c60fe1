// Switches between dark and light with [data-theme-toggle]; the cookie lets the server render the right one at once.

const YEAR = 365 * 24 * 3600; // s
const root = document.documentElement;

function remember(theme) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; SameSite=Lax${secure}`;
  try {
    localStorage.setItem("theme", theme);
  } catch (error) {
    console.warn("theme: this browser keeps no local storage; the cookie remembers", error);
  }
}

function remembered() {
  const cookie = /(?:^|;\s*)theme=(dark|light)/.exec(document.cookie);
  if (cookie) return cookie[1];
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // no storage in this browser: the server's choice stands
  }
}

function show(theme) {
  root.dataset.bsTheme = theme;
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.setAttribute("aria-label", theme === "dark" ? "Switch to light colours" : "Switch to dark colours");
  }
  document.dispatchEvent(new CustomEvent("theme:changed", { detail: { theme } }));
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-theme-toggle]")) return;
  const theme = root.dataset.bsTheme === "light" ? "dark" : "light";
  remember(theme);
  show(theme);
});

const known = remembered();
show(known === "light" || known === "dark" ? known : (root.dataset.bsTheme ?? "dark"));
if (known === "light" || known === "dark") remember(known);
