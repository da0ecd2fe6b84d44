/** Values from untrusted text: a finding in the signed ask and on the card, from the store alone, and nothing to the verdict. */
import { describe, expect, test } from 'vitest';
import { createUntrustedTexts } from '../../../activities/check-call/untrusted-texts.ts';
import { cardSchema } from '../../../core/contracts/approval.ts';
import type { Label } from '../../../core/contracts/labels.ts';
import { renderCardText } from '../../../core/card/render-text.ts';
import { digestText } from '../../../core/digest.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { createGateWorld, type GateWorld } from './check-call-world.ts';
import { zero } from '../../support/ticket-body.ts';
import { audience, linkRunId, signerFor, start, workflowId } from './run-tool-world.ts';

const account = 'DE44500105175407324931';
const argumentsText = JSON.stringify({ name: account });

/** A read of an earlier turn gave this back. */
async function wasRead(world: GateWorld, turn: number, text: string, labels: Label[] = ['untrusted']): Promise<void> {
  const permitDigest = digestText('decision', `${turn} ${text}`);
  const body = {
    callKey: `${workflowId}/${turn}.0`,
    try: 1,
    purpose: 'execute' as const,
    workflowId,
    linkRunId,
    activityId: `${turn}.0.1.1:execute:read_status:0000000000000000`,
    attempt: 1,
    permitDigest,
    outcome: 'succeeded' as const,
    outputDigest: zero,
    labels,
    startedAt: start,
    endedAt: start,
    probe: null,
    voidedFrom: null,
    targetStateDigest: null,
  };
  const receipt = sealEnvelope(signerFor('receipt'), 'receipt', audience, body, { issuedAt: start });
  const output = { text, truncated: false, bodyDigest: null };
  await world.store.recordReceipt({ permitDigest, receipt, output, labels, turn });
}

async function openWorld(): Promise<GateWorld> {
  const world = await createGateWorld();
  world.dependencies.untrustedTexts = createUntrustedTexts(world.store);
  return world;
}
const hints = (findings: readonly { guard: string }[]) =>
  findings.filter(({ guard }) => guard === 'untrusted-values').map(({ guard: _, ...finding }) => finding);

describe('P2 an ask about a value that an untrusted tool gave back', () => {
  test('says so in what is signed and on the card, and which call it was', async () => {
    const world = await openWorld();
    await wasRead(world, 1, `Refunds go to ${account}.`);
    const { body } = await world.ask({ turn: 2, argumentsText });
    expect(hints(body.findings)).toEqual([
      {
        rule: 'value-in-untrusted-text',
        severity: 'info',
        argument: '/name',
        message: 'argument /name: its value occurs in untrusted text (the result of call 1.0)',
        remedy: 'ask yourself who chose this value before you approve',
      },
    ]);
    const [row] = await world.store.listAsks({ limit: 1 });
    expect(renderCardText(cardSchema.parse(JSON.parse(row?.card ?? '')))).toContain(
      `untrusted   argument /name: its value occurs in untrusted text (the result of call 1.0): "${account}"`,
    );
  });

  test('another worker, which has read nothing yet, says the same', async () => {
    const world = await openWorld();
    await wasRead(world, 1, account);
    const first = await world.ask({ turn: 2, argumentsText });
    world.dependencies.untrustedTexts = createUntrustedTexts(world.store);
    const second = await world.ask({ turn: 2, index: 1, argumentsText });
    expect(hints(second.body.findings)).toEqual(hints(first.body.findings));
    expect(hints(second.body.findings)).toHaveLength(1);
  });

  test('what a later turn reads is known then', async () => {
    const world = await openWorld();
    await wasRead(world, 1, 'nothing of the kind');
    expect(hints((await world.ask({ turn: 2, argumentsText })).body.findings)).toEqual([]);
    await wasRead(world, 2, account);
    expect(hints((await world.ask({ turn: 3, argumentsText })).body.findings)).toHaveLength(1);
  });

  test('what its own turn reads was not before the model', async () => {
    const world = await openWorld();
    await wasRead(world, 1, 'nothing of the kind');
    await wasRead(world, 2, account);
    expect(hints((await world.ask({ turn: 2, argumentsText })).body.findings)).toEqual([]);
  });

  test('what came from elsewhere is not untrusted text', async () => {
    const world = await openWorld();
    await wasRead(world, 1, 'nothing of the kind');
    await wasRead(world, 1, account, ['operator']);
    expect(hints((await world.ask({ turn: 2, argumentsText })).body.findings)).toEqual([]);
  });
});

test('the hint changes no verdict', async () => {
  const world = await openWorld();
  await wasRead(world, 1, account);
  const result = await world.gate({ turn: 2, tool: 'read_status', argumentsText });
  expect(result).toMatchObject({ kind: 'decided', decision: { body: { verdict: 'allow' } } });
  expect(result.kind === 'decided' && hints(result.decision.body.findings)).toHaveLength(1);
});
