/**
 * Times of one thing as two processes of a deployment wrote them. It never asks for more than clocks that are kept right can
 * give.
 */

/** Between the clocks of two processes of one deployment, ms (contracts: clock bound). */
const clockBoundMs = 10_000;

/** @param to null where nothing ended it */
export function isBetween(at: number, from: number, to: number | null): boolean {
  return at >= from - clockBoundMs && (to === null || at <= to + clockBoundMs);
}
