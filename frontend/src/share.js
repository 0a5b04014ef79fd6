/** Copies the address of the view. */

const TOLD_MS = 2_000;

/** The clipboard is there only on https and localhost; elsewhere the old way has to do. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("input");
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (!isCopied) throw new Error("The browser doesn’t let this page copy.");
}

export function initShare() {
  document.addEventListener("click", async ({ target }) => {
    if (!target.closest?.("#share")) return;
    const told = await copy(location.href).then(() => "Copied", () => "Can’t copy");
    const label = document.getElementById("share-text");
    label.textContent = told;
    setTimeout(() => {
      if (label.textContent === told) label.textContent = "Share";
    }, TOLD_MS);
  });
}
