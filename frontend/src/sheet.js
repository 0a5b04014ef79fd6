/** Sheets are <dialog class="sheet">; [data-opens] names the one that a button opens. */

export function openSheet(id) {
  const sheet = document.getElementById(id);
  if (!sheet.open) sheet.showModal();
}

export function initSheets() {
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest?.("[data-opens]");
    if (opener) openSheet(opener.dataset.opens);
    // Only a click on the backdrop has the dialog itself as its target and lies outside of it.
    else if (target.matches?.("dialog.sheet")) target.close();
  });
}
