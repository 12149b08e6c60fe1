// Shows moments in the zone of this browser: time[data-clock] as 09:41 (with the date when it is not today), time[data-moment]
// with date and seconds. The title keeps the server's UTC.

const two = (number) => String(number).padStart(2, "0");
const day = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

function words(element, at) {
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (element.hasAttribute("data-moment")) return `${day(at)} ${time}:${two(at.getSeconds())}`;
  return day(at) === day(new Date()) ? time : `${day(at)} ${time}`;
}

function show() {
  for (const element of document.querySelectorAll("time[data-clock], time[data-moment]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const text = words(element, at);
    if (element.textContent !== text) element.textContent = text;
    if (!element.title) element.title = `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  }
}

document.addEventListener("htmx:afterSettle", show);
show();
