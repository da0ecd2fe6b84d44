/**
 * A person's word on what became of an effect, as a signed control record that the gate reads; the signal only says
 * "look again" and carries no authority. The first answer to a request stands.
 */
import type { ReconcileRequest, ReconcileResult } from '../client/gateway-schemas.ts';
import { readControl } from '../store/read-control.ts';
import { cannot, requireAnswerable } from './answerable.ts';
import type { ApproverCheck } from './approvers.ts';
import { requireOneClock } from './clock-check.ts';
import { unconfirmed } from './confirm-ask.ts';
import { appendOrder } from './control-records.ts';
import type { Credential } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import { tellRun } from './tell-runs.ts';

const answeredBefore = ['somebody answered before', 'an open request', 'look at the run'] as const;

/** @throws {CountersignError} see `requireAnswerable`; `conflict` late, answered, or no longer asked; `clock-skew` */
export async function reconcile(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Credential,
  nonce: string,
  request: ReconcileRequest,
): Promise<ReconcileResult> {
  const { answer, cardDigest, reason } = request;
  const asked = { nonce, kind: 'reconcile' as const, cardDigest, reason, verdict: 'approve' as const, channel: null };
  const { ask, run, roles } = await requireAnswerable(gateway, approvers, caller, asked);
  await requireOneClock(gateway);
  const answeredAt = gateway.clock.now();
  const refusal =
    whyClosed(ask.body.ask.deadlineAt, ask.row.outcome, answeredAt) ?? (await unconfirmed(gateway, ask, run));
  if (refusal !== undefined) throw cannot('conflict', ask, refusal, 'an open request', 'list the open ones');
  if ((await firstAnswer(gateway, nonce)) !== undefined) throw cannot('conflict', ask, ...answeredBefore);
  const record = await appendOrder(gateway, {
    kind: 'reconcile-answer',
    nonce,
    callKey: ask.body.callKey,
    try: ask.body.try,
    answer,
    principal: caller.principal,
    roles,
    reason,
    answeredAt,
  });
  // Of two at the same time, the gate reads the first: the other is told so, and not that its word counts.
  const { sequence } = record.body;
  if ((await firstAnswer(gateway, nonce)) !== sequence) throw cannot('conflict', ask, ...answeredBefore);
  await tellRun(gateway, ask.row.workflowId, 'reconcile-answer');
  return { status: 'recorded', sequence, answeredAt };
}

function whyClosed(deadlineAt: number, outcome: string | null, now: number): string | undefined {
  if (now > deadlineAt) return 'its deadline has passed';
  return outcome === null ? undefined : `it is ${outcome}`;
}

/** Its number. */
async function firstAnswer({ store, keys, audience }: GatewayContext, nonce: string): Promise<number | undefined> {
  const answers = await readControl({ store, registry: keys.registry, audience }, ['reconcile-answer']);
  return answers.find((one) => one.nonce === nonce)?.sequence;
}
