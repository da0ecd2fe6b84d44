/** Which cases an order names: all of them, or the one that it wants repeated. A case that does not exist is no success. */
import type { CampaignOrder } from '../campaign.ts';

/** @param cases of this seed and count, with their ids. @throws {Error} when none has the wanted id */
export function chooseCases<T extends { id: string }>(
  { onlyCase }: Pick<CampaignOrder, 'onlyCase'>,
  cases: readonly T[],
): T[] {
  if (onlyCase === undefined) return [...cases];
  const chosen = cases.filter(({ id }) => id === onlyCase);
  if (chosen.length > 0) return chosen;
  const known =
    cases.length === 0
      ? 'no case at all: the whole campaign is one'
      : `an id from ${cases[0]?.id} to ${cases.at(-1)?.id}`;
  throw new Error(
    `Cannot run case "${onlyCase}": there is none of that id, expected ${known}; use the command that the failure printed`,
  );
}
