/** Notes of who was told, which nobody signs: held against the terms of the signed ask, and never shown where they cannot be true. */
import { describe, expect, test } from 'vitest';
import { Checks } from '../../../audit/checks.ts';
import type { AuditStore, OpenedRecord } from '../../../audit/open-record.ts';
import { verifyTellings } from '../../../audit/verify-tellings.ts';
import type { SignedDecision } from '../../../core/contracts/decision.ts';
import type { Telling } from '../../../core/contracts/telling.ts';
import { anAsk, linkOf, nonceOf, workflowIdOf } from '../../support/signed-objects.ts';

const nonce = nonceOf(1);
const signed = anAsk({ callKey: `${workflowIdOf(1)}/1.0`, linkRunId: linkOf(1) }, nonce);
if (signed.body.verdict !== 'ask') throw new TypeError('not an ask');
const { askedAt, deadlineAt } = signed.body.ask;
const [remindAfterMs, escalateAfterMs] = [1000, 2000];
const terms = {
  ...signed.body.ask.terms,
  remindersMs: [remindAfterMs],
  escalation: { afterMs: escalateAfterMs, to: { roles: ['lead'], principals: [] } },
};
const asking = (changes: object): SignedDecision =>
  ({
    ...signed,
    body: {
      ...signed.body,
      ask: { ...(signed.body.verdict === 'ask' && signed.body.ask), terms: { ...terms, ...changes } },
    },
  }) as SignedDecision;

const requested: Telling = {
  nonce,
  channel: 'slack',
  moment: 'requested',
  dueAt: askedAt,
  toldAt: askedAt + 300,
  reached: ['C0001'],
  problem: null,
};
const reminded: Telling = { ...requested, moment: 'reminded', dueAt: askedAt + remindAfterMs, toldAt: askedAt + 1500 };
const escalatesAt = askedAt + escalateAfterMs;
const escalated: Telling = { ...requested, moment: 'escalated', dueAt: escalatesAt, toldAt: escalatesAt };
const closed: Telling = { ...requested, moment: 'closed', dueAt: deadlineAt, toldAt: deadlineAt + 1 };
const gaveUp: Telling = { ...requested, channel: 'mail', moment: 'gave-up', problem: 'the mail server answered 550' };

async function verified(notes: readonly unknown[], changes: object = {}) {
  const checks = new Checks();
  const opened = { tellings: new Map<string, Telling[]>() } as OpenedRecord;
  const store = { tellingsOf: async () => notes as Telling[] } as unknown as AuditStore;
  await verifyTellings(opened, [asking(changes)], store, { checks } as never);
  const problems = checks.list().flatMap((check) => check.problems.map(({ reason }) => `${check.id}: ${reason}`));
  return { shown: opened.tellings.get(nonce) ?? [], problems };
}

describe('notes of who was told', () => {
  test('that can be true are shown, and are no problem', async () => {
    // What passed while no gateway ran is told late, once, and names who came in meanwhile.
    const late = { ...reminded, channel: 'mail', moment: 'escalated', toldAt: escalatesAt + 1 };
    const behind = { ...requested, channel: 'webhook', toldAt: askedAt - 9000 };
    const all = [requested, reminded, escalated, late, behind, closed, gaveUp];
    expect(await verified(all)).toEqual({ shown: all, problems: [] });
  });

  test('of a reminder at a time that no terms name are possible where they name none', async () => {
    const { remindersMs: _, ...none } = terms;
    const halfWay = { ...reminded, dueAt: askedAt + 1200 };
    expect((await verified([halfWay], { remindersMs: undefined })).problems).toEqual([]);
    expect((await verified([halfWay], none)).problems).toHaveLength(1);
  });

  test.each<[string, object]>([
    ['another request', { ...requested, nonce: nonceOf(2) }],
    ['a form that is none', { ...requested, more: 1 }],
    ['a moment that there is not', { ...requested, moment: 'dreamt' }],
    ['a channel whose name hides something', { ...requested, channel: 'slack\u202e' }],
    ['a telling before it was asked', { ...requested, toldAt: askedAt - 10_001 }],
    ['a request that was asked at another time', { ...requested, dueAt: askedAt + 1 }],
    ['a request told when all was over', { ...requested, toldAt: deadlineAt + 25_001 }],
    ['a reminder at a time that the terms do not name', { ...reminded, dueAt: askedAt + 1001 }],
    ['a reminder after the deadline', { ...escalated, toldAt: deadlineAt }],
    ['an escalation before its time', { ...escalated, dueAt: reminded.dueAt, toldAt: escalatesAt - 1 }],
    ['a reminder that hides an escalation', { ...reminded, toldAt: escalatesAt }],
    ['a break-glass that the terms do not have', { ...requested, moment: 'break-glass' }],
    ['one that told and gave up', { ...requested, problem: 'no route' }],
    ['one that gave up for no reason', { ...gaveUp, problem: null }],
  ])('of %s are a problem, and not shown', async (_, note) => {
    const { shown, problems } = await verified([note]);
    expect(shown).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^store-tellings: a note of who was told of request /)]);
  });
});
