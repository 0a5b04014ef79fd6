/** Menus are <details class="menu">: one is open at a time, and one that has been used closes. */

const OPEN = "details.menu[open]";

/** Closes the open menu and gives the focus back to its button. Returns false if none is open. */
export function closeMenu() {
  const menu = document.querySelector(OPEN);
  if (!menu) return false;
  const hadFocus = menu.contains(document.activeElement);
  menu.open = false;
  if (hadFocus) menu.querySelector("summary").focus();
  return true;
}

export function initMenus() {
  document.addEventListener("click", ({ target }) => {
    const choice = target.closest?.(".dropdown-menu a, .dropdown-menu button");
    for (const menu of document.querySelectorAll(OPEN)) {
      if ((choice && !isRefused(choice)) || !menu.contains(target)) menu.open = false;
    }
  });
  document.addEventListener("focusin", ({ target }) => {
    for (const menu of document.querySelectorAll(OPEN)) {
      if (!menu.contains(target)) menu.open = false;
    }
  });
}

/** Whether a button's form has a field that the browser is about to complain of, in the menu. */
function isRefused({ form, formNoValidate }) {
  return Boolean(form) && !formNoValidate && !form.checkValidity();
}
