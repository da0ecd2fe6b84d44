/** A time of a record for people; one that no calendar has is shown as the number it is. */
export function timeOf(at: number): string {
  return at <= 8_640_000_000_000_000 ? new Date(at).toISOString() : `${at} ms`;
}
