/**
 * Revision ids such as `ab12cd34-57`: the store's name and a number that only grows.
 *
 * Revisions of two stores have no order; a page that meets another store starts anew.
 */

function parts(revision) {
  const dash = revision.lastIndexOf("-");
  return { store: revision.slice(0, dash), number: Number(revision.slice(dash + 1)) };
}

/** Below 0: `a` is older than `b`; 0: the same; above 0: newer; NaN: of another store. */
export function compareRevisions(a, b) {
  const [first, second] = [parts(a), parts(b)];
  return first.store === second.store ? first.number - second.number : NaN;
}
