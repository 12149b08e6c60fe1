// Brings the current tab and the current entry of the navigation into sight where their row can be scrolled.

function show() {
  for (const row of document.querySelectorAll(".tabs, .rail")) {
    const here = row.querySelector("[aria-current]");
    if (!here || row.scrollWidth <= row.clientWidth) continue;
    row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  }
}

show();
