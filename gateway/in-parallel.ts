/** Maps with at most `width` at once, in order of the items. The first failure is thrown when all that began have ended. */
export async function inParallel<T, R>(items: readonly T[], width: number, use: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  const open = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of open) results.set(index, await use(item));
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  for (const one of lanes) if (one.status === 'rejected') throw one.reason;
  return [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result);
}
