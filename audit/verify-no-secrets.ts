/**
 * No secret in the record: everything that stands in the histories once more past the guard that everything passed before it was
 * recorded. A problem says where and by which rule, never what. It finds what the guard of today knows, not every secret there is.
 */
import { z } from 'zod';
import { activityIdPattern } from '../core/contracts/call-names.ts';
import { domains, signedSchema } from '../core/contracts/envelope.ts';
import { openEnvelope } from '../core/envelope.ts';
import type { OpeningOptions } from './open-record.ts';
import { entriesOf, type Place, type RunRecord } from './record-types.ts';

/** Names of the rules that find something in a text. */
export type FindSecretRules = (text: string) => Promise<readonly string[]>;

export async function verifyNoSecrets(
  { links }: RunRecord,
  find: FindSecretRules | undefined,
  { registry, audience, checks }: OpeningOptions,
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
    let rules = await rulesIn([...textsOf(values)]);
    if (rules.size > 0) rules = await rulesIn([...textsOf(values, isSigned)]);
    const reason = `it holds what looks like a secret (${[...rules].join(', ')})`;
    checks.expect('no-secret', rules.size === 0, { link, eventId }, reason);
  }

  async function rulesIn(texts: string[]): Promise<Set<string>> {
    return new Set(await find?.(texts.join('\n')));
  }

  /** One signature in some hundred thousand has the form of a secret; only one that verifies is known to be none. */
  function isSigned(value: object): boolean {
    return openEnvelope(value, { schema: anySigned, audience, registry, now: null }).kind === 'opened';
  }
}

const anySigned = z.union(domains.map((domain) => signedSchema(domain, z.unknown())));

/**
 * Names, too: they are chosen by whoever made the object.
 *
 * @param isSigned whether an object's own signature is left out @default none is
 */
function* textsOf(value: unknown, isSigned: (value: object) => boolean = () => false): Generator<string> {
  if (typeof value === 'string') {
    // `…:get_token:3f2a…`: a tool may be called like a secret, and what stands behind it is a digest.
    if (!activityIdPattern.test(value)) yield value;
  } else if (Array.isArray(value)) for (const one of value) yield* textsOf(one, isSigned);
  else if (typeof value === 'object' && value !== null) {
    const signed = isSigned(value);
    for (const [name, one] of Object.entries(value)) {
      yield name;
      if (!(signed && name === 'signature')) yield* textsOf(one, isSigned);
    }
  }
}
