// Asks before a form is sent: form[data-confirm-dialog="id"] opens the <dialog id="id"> that says exactly what will happen.
//
// In the dialog, <form method="dialog"> holds a button with value="confirm" and one with value="cancel"; elements with
// data-confirm-value="field" show what the form's field holds. STOP is put into the dialog's head, as the rest of the page
// cannot be reached while a dialog is open.

const confirmed = new WeakSet(); // forms whose next submission has been agreed to

function fill(dialog, form) {
  const entered = new FormData(form);
  for (const element of dialog.querySelectorAll("[data-confirm-value]")) {
    const value = entered.getAll(element.dataset.confirmValue).join(", ");
    element.textContent = value || "—";
  }
}

function bringStop(dialog) {
  const stop = document.querySelector("form[data-stop][id]");
  const head = dialog.querySelector(".dialog-head");
  if (!stop || !head || head.querySelector(".btn-stop")) return;
  if (stop.querySelector("button")?.disabled) return; // this person may not stop the machine
  const button = document.createElement("button");
  button.type = "submit";
  button.className = "btn btn-stop";
  button.setAttribute("form", stop.id);
  button.textContent = "STOP";
  head.append(button);
}

function ask(form, submitter) {
  const dialog = document.getElementById(form.dataset.confirmDialog);
  if (!(dialog instanceof HTMLDialogElement)) throw new Error(`no dialog with the id ${form.dataset.confirmDialog}`);
  const before = document.activeElement;
  fill(dialog, form);
  bringStop(dialog);
  dialog.returnValue = "cancel";
  dialog.addEventListener(
    "close",
    () => {
      (submitter ?? before)?.focus?.();
      if (dialog.returnValue !== "confirm" || !form.isConnected) return;
      confirmed.add(form);
      form.requestSubmit(submitter);
    },
    { once: true },
  );
  dialog.showModal();
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("form[data-confirm-dialog]") || confirmed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // neither htmx nor the form itself may act yet
    ask(form, event.submitter);
  },
  { capture: true },
);

document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.open && !event.target.matches("[data-keep-open]")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close("cancel"); // a click beside the dialog cancels, as Escape does
  }
});
