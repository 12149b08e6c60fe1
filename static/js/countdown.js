// Keeps times in words: [data-countdown-to="ISO time"] says "expires in 13 min", [data-elapsed-from="ISO time"] says "1 min 48 s".
//
// data-countdown-prefix ("expires in"), data-countdown-suffix (""), data-countdown-over ("expired") change the words. The
// server's clock counts: <meta name="server-time" content="ISO time"> holds its time when the page was rendered.

import { serverNow } from "./shared/server_clock.js";

/** Seconds → words with at most two units; minutes alone from ten minutes on, where seconds only flicker. */
function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 10) return s % 60 ? `${minutes} min ${s % 60} s` : `${minutes} min`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = serverNow();
  for (const element of document.querySelectorAll("[data-countdown-to]")) {
    const { countdownTo, countdownPrefix = "expires in", countdownSuffix = "", countdownOver = "expired" } = element.dataset;
    const left = (Date.parse(countdownTo) - now) / 1000;
    say(element, left <= 0 ? countdownOver : `${countdownPrefix} ${duration(left)} ${countdownSuffix}`.trim());
    element.classList.toggle("over", left <= 0);
  }
  for (const element of document.querySelectorAll("[data-elapsed-from]")) {
    say(element, duration((now - Date.parse(element.dataset.elapsedFrom)) / 1000));
  }
}

setInterval(tick, 1000);
for (const name of ["htmx:afterSwap", "htmx:afterSettle"]) document.addEventListener(name, tick);
tick();
