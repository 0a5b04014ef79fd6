/** The one tooltip of all charts: a bucket's from and to, and every value. */

const GAP = 14;

function create(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** `groups` is [{name, values: [{name, text, isShown}]}]; a row is only made anew when it must be. */
export function createTooltip(element) {
  let shape = "";

  function build(groups) {
    const wanted = JSON.stringify(groups.map(({ name, values }) => [name, values.map((v) => v.name)]));
    if (wanted === shape) return;
    shape = wanted;
    const rows = groups.flatMap((group) => [
      create("dt", "tooltip-group", group.name),
      ...group.values.flatMap(({ name }) => {
        const key = create("dt", "tooltip-name", name);
        key.dataset.series = name;
        return [key, create("dd", "tooltip-value")];
      }),
    ]);
    const list = create("dl", "tooltip-values");
    list.append(...rows);
    element.replaceChildren(create("p", "tooltip-title"), list);
  }

  return {
    show({ title, groups }) {
      build(groups);
      element.querySelector(".tooltip-title").textContent = title;
      const cells = element.querySelectorAll(".tooltip-value");
      groups.flatMap(({ values }) => values).forEach(({ text, isShown }, index) => {
        cells[index].textContent = text;
        cells[index].classList.toggle("is-off", !isShown);
      });
      element.hidden = false;
    },
    /** Beside `x`, on the side that has room; at the height of `top`. */
    place(x, top, width) {
      const own = element.offsetWidth;
      const left = x + GAP + own <= width ? x + GAP : Math.max(0, x - GAP - own);
      element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    },
    hide() {
      element.hidden = true;
    },
  };
}
