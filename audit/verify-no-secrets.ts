/**
 * No secret in the record: everything that stands in the histories once more past the guard that everything passed before it was
 * recorded. A problem says where and by which rule, never what. It finds what the guard of today knows, not every secret there is.
 */
import type { Checks } from './checks.ts';
import { entriesOf, type Place, type RunRecord } from './record-types.ts';

/** Names of the rules that find something in a text. */
export type FindSecretRules = (text: string) => Promise<readonly string[]>;

export async function verifyNoSecrets(
  { links }: RunRecord,
  find: FindSecretRules | undefined,
  checks: Checks,
): Promise<void> {
  if (!find) return checks.skip('no-secret', null, 'nobody to look for secrets was given', false);
  for (const link of links) {
    const start = { link: link.origin.linkRunId, eventId: 1 };
    await look(start, [link.input]);
    for (const entry of entriesOf([link], 'activity'))
      await look(entry, [entry.input, entry.summary, entry.end, entry.activityId]);
    for (const entry of entriesOf([link], 'local')) await look(entry, [entry.result, entry.summary]);
    for (const entry of entriesOf([link], 'signal')) await look(entry, [entry.name, entry.input]);
    for (const entry of entriesOf([link], 'timer')) await look(entry, [entry.summary]);
    for (const entry of entriesOf([link], 'search-attributes')) await look(entry, [entry.shown]);
    for (const entry of entriesOf([link], 'cancel-requested')) await look(entry, [entry.cause]);
    for (const entry of entriesOf([link], 'end')) await look(entry, [entry.value, entry.message]);
  }

  async function look({ link, eventId }: Place, values: unknown[]): Promise<void> {
    const rules = new Set(await find?.([...textsOf(values)].join('\n')));
    const reason = `it holds what looks like a secret (${[...rules].join(', ')})`;
    checks.expect('no-secret', rules.size === 0, { link, eventId }, reason);
  }
}

/** Names, too: they are chosen by whoever made the object. */
function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const one of value) yield* textsOf(one);
  else if (typeof value === 'object' && value !== null)
    for (const [name, one] of Object.entries(value)) {
      yield name;
      yield* textsOf(one);
    }
}
