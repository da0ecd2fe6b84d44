/**
 * The calls of a run that were refused, by the gate's own signed denials: which rule, in whose words, and what became of the request
 * where people had been asked. Nothing of a call but the name of its tool. A stored denial that somebody changed is never shown as one.
 */
import type { RunDetail } from '../client/run-detail-schemas.ts';
import { type SignedDecision, signedDecisionSchema } from '../core/contracts/decision.ts';
import { openEnvelope } from '../core/envelope.ts';
import { hasErrorCode } from '../core/errors.ts';
import { makeVisible } from '../core/make-visible.ts';
import type { GatewayContext } from './options.ts';

/** Newest ones; what is older is in the record (`replay`). */
const mostRefusals = 50;

/** Null where one of them was changed in the store: which calls were refused is then not known. @throws {CountersignError} `store-unavailable` */
export async function refusedCalls(
  gateway: Pick<GatewayContext, 'store' | 'keys' | 'audience' | 'logger'>,
  workflowId: string,
): Promise<RunDetail['refusals']> {
  const denials = await readDenials(gateway, workflowId);
  // Its times limit what may be done by it now; what was refused stays refused.
  const options = {
    schema: signedDecisionSchema,
    audience: gateway.audience,
    registry: gateway.keys.registry,
    now: null,
  };
  const areSigned = denials?.every((denial) => openEnvelope(denial, options).kind === 'opened') === true;
  if (!denials || !areSigned) {
    gateway.logger.error({ workflowId, code: 'record-invalid' }, 'a stored denial was changed');
    return null;
  }
  return denials.flatMap(refusalOf).slice(-mostRefusals);
}

async function readDenials(
  { store }: Pick<GatewayContext, 'store'>,
  workflowId: string,
): Promise<SignedDecision[] | undefined> {
  try {
    return await store.denialsOf(workflowId, mostRefusals);
  } catch (error) {
    if (hasErrorCode(error, 'record-invalid')) return undefined;
    throw error;
  }
}

/** Of an edit nothing: its call goes on with other arguments. */
function refusalOf({ issuedAt, body }: SignedDecision): NonNullable<RunDetail['refusals']> {
  if (body.verdict !== 'deny' || body.edit) return [];
  const rule = body.rules.find(({ effect }) => effect === 'deny');
  return [
    {
      callKey: body.callKey,
      // The model wrote it.
      tool: makeVisible(body.tool.name),
      rule: rule?.id ?? 'denied',
      reason: makeVisible(rule?.reason ?? 'the gate denied it'),
      outcome: body.outcome,
      at: issuedAt,
    },
  ];
}
