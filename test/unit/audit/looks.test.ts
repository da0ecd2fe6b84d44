/** Notes of who looked, which nobody signs: held against the signed ask as far as that goes, and never shown where they cannot be true. */
import { describe, expect, test } from 'vitest';
import { Checks } from '../../../audit/checks.ts';
import type { AuditStore, OpenedRecord } from '../../../audit/open-record.ts';
import { verifyLooks } from '../../../audit/verify-looks.ts';
import type { Look } from '../../../core/contracts/look.ts';
import { digestText } from '../../../core/digest.ts';
import { aCard, anAsk, linkOf, nonceOf, someTimeAt, workflowIdOf } from '../../support/signed-objects.ts';

const callKey = `${workflowIdOf(1)}/1.0`;
const nonce = nonceOf(1);
const ask = anAsk({ callKey, linkRunId: linkOf(1) }, nonce);
const look: Look = {
  nonce,
  principal: 'carol',
  channel: 'web',
  cardDigest: digestText('card', aCard(callKey)),
  authenticated: { method: 'api-key', credentialId: 'k1' },
  firstAt: someTimeAt + 5000,
  lastAt: someTimeAt + 9000,
  times: 2,
};

async function verified(notes: readonly unknown[]): Promise<{ shown: Look[]; problems: string[] }> {
  const checks = new Checks();
  const opened = { looks: new Map<string, Look[]>() } as OpenedRecord;
  const store = { looksOf: async () => notes as Look[] } as unknown as AuditStore;
  await verifyLooks(opened, [ask], store, { checks } as never);
  const problems = checks.list().flatMap((check) => check.problems.map(({ reason }) => `${check.id}: ${reason}`));
  return { shown: opened.looks.get(nonce) ?? [], problems };
}

describe('notes of who looked', () => {
  test('that can be true are shown, and are no problem', async () => {
    const slow = { ...look, firstAt: someTimeAt - 9000, lastAt: someTimeAt - 9000, times: 1 };
    expect(await verified([look, slow])).toEqual({ shown: [look, slow], problems: [] });
  });

  test.each<[string, object]>([
    ['another card', { cardDigest: digestText('card', 'another') }],
    ['another request', { nonce: nonceOf(2) }],
    ['a form that is none', { more: 1 }],
    ['a channel that there is not', { channel: 'telepathy' }],
    ['a principal that is none', { principal: 'carol\u202e' }],
    ['a time before it was asked', { firstAt: someTimeAt - 10_001 }],
    ['an end before the beginning', { lastAt: look.firstAt - 1 }],
    ['one look at two times', { times: 1 }],
    ['no look at all', { times: 0 }],
  ])('of %s are a problem, and not shown', async (_, change) => {
    const { shown, problems } = await verified([{ ...look, ...change }]);
    expect(shown).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^store-looks: a note of who looked at request /)]);
  });
});
