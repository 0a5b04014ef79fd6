/**
 * Makes the content of an element that of another, by no more changes than there are differences.
 *
 * A child with an id stays itself wherever it goes. Any other one, and one whose id is gone,
 * becomes the next of its kind: a new row is an old one with other texts, so nothing of it has
 * to be set up or laid out anew.
 */

/** What the viewer or htmx has set, and no HTML of the server has. */
const OWN = /^(open$|data-htmx-)/;

/** `wanted` is used up; `onAdd(node)` is told what was put in from it. */
export function morph(element, wanted, onAdd) {
  const ids = new Set([...wanted.children].map(({ id }) => id).filter(Boolean));
  const known = new Map([...element.children].map((child) => [child.id, child]));
  let at = element.firstChild; // what stands where the next child belongs
  for (const next of [...wanted.childNodes]) {
    const child = (next.id && known.get(next.id)) || alike(at, next, ids);
    if (!child) {
      element.insertBefore(next, at);
      onAdd(next);
      continue;
    }
    if (child === at) at = at.nextSibling;
    else move(element, child, at);
    become(child, next, onAdd);
  }
  while (at) {
    const last = at;
    at = at.nextSibling;
    last.remove();
  }
}

/** The next of the same kind that none of the `ids` needs. */
function alike(from, next, ids) {
  for (let child = from; child; child = child.nextSibling) {
    if (child.nodeName === next.nodeName && !ids.has(child.id) && isLink(child) === isLink(next)) {
      return child;
    }
  }
  return null;
}

/** Browsers that know `moveBefore` keep the focus. */
function move(element, child, at) {
  if (element.moveBefore) element.moveBefore(child, at);
  else element.insertBefore(child, at);
}

/** htmx listens where this attribute is when it comes in; it reads its value when it is used. */
function isLink(node) {
  return node.hasAttribute?.("hx-get") ?? false;
}

function become(node, wanted, onAdd) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data;
    return;
  }
  for (const name of node.getAttributeNames()) {
    if (!wanted.hasAttribute(name) && !OWN.test(name)) node.removeAttribute(name);
  }
  for (const name of wanted.getAttributeNames()) {
    const value = wanted.getAttribute(name);
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  morph(node, wanted, onAdd);
}
