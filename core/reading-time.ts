/**
 * How soon after a request an approval can be one by somebody who read it. It refuses nothing: who is quick may have known, and
 * who is hasty waits two seconds. It is what those look for who ask whether people still read (threat model, attack 24).
 */

/** Ms. */
export const leastReadingMs = 2000;

/** @param readingMs from when the request was asked, or first shown to this person, to the signed time of the vote */
export function isTooSoon(readingMs: number): boolean {
  return readingMs < leastReadingMs;
}
