/** The part of a frame that is about this tab's view. */

/** Two parts as one, the second the newer; either may be null. */
export function joinParts(first, second) {
  if (!first || !second) return first ?? second;
  const points = new Map([...first.points, ...second.points].map((point) => [point[0], point]));
  return {
    ...second,
    points: [...points.values()].sort(([start], [other]) => start - other),
    latest: second.latest ?? first.latest,
    new: first.new + second.new,
    cards: { ...first.cards, ...second.cards },
  };
}
