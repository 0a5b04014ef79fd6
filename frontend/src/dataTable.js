/** The table behind a chart: the same buckets and values as text, newest first. */

function cell(tag, text, scope = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (scope) element.scope = scope;
  return element;
}

function row(cells) {
  const element = document.createElement("tr");
  element.append(...cells);
  return element;
}

/** `button` shows and hides `element`; `onOpen` is called when there is something to fill in. */
export function createDataTable(element, button, { name, onOpen }) {
  element.tabIndex = 0;
  element.setAttribute("role", "region");
  element.setAttribute("aria-label", `${name} as a table`);
  const listening = new AbortController();
  button.addEventListener("click", toggle, { signal: listening.signal });

  function toggle() {
    element.hidden = !element.hidden;
    button.setAttribute("aria-expanded", String(!element.hidden));
    if (!element.hidden) onOpen();
  }

  return {
    get isOpen() {
      return !element.hidden;
    },
    /** `rows` is [{title, texts}], one text for each of `columns`. */
    show(columns, rows) {
      const table = document.createElement("table");
      table.className = "table";
      table.createTHead().append(row(["Time", ...columns].map((text) => cell("th", text, "col"))));
      table.createTBody().append(
        ...rows.map(({ title, texts }) =>
          row([cell("th", title, "row"), ...texts.map((text) => cell("td", text))]),
        ),
      );
      element.replaceChildren(table);
    },
    destroy: () => listening.abort(),
  };
}
