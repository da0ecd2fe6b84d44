/**
 * The fresh confirmation of one approval, where its terms require one: something that a person types for this very request,
 * so that neither a habit nor a script that repeats itself approves it. Which it is depends on where the vote comes from.
 */
import type { VoteRequest } from '../client/gateway-schemas.ts';
import type { VoteBody } from '../core/contracts/approval.ts';
import type { Risk } from '../core/contracts/labels.ts';
import { needsStepUp } from '../policy/index.ts';
import type { OpenedAsk } from './verified.ts';

export type StepUp = NonNullable<VoteBody['authenticated']['stepUp']>;

export interface Confirmation {
  method: StepUp;
  /** The exact text. */
  expected: string;
}

/**
 * What an approval through this channel needs; undefined: nothing.
 * @param risk of the riskiest call that is approved; absent: of the call that was asked for
 */
export function confirmationNeeded(
  { body, card }: OpenedAsk,
  channel: VoteRequest['channel'],
  verdict: VoteBody['verdict'] = 'approve',
  risk: Risk = body.risk,
): Confirmation | undefined {
  // Who breaks the glass confirms it afresh, whatever the terms say of approvals.
  if (verdict !== 'break-glass' && !needsStepUp(body.ask.terms, risk)) return undefined;
  return channel === 'terminal'
    ? { method: 'typed-yes', expected: 'yes' }
    : { method: 'typed-target', expected: card.tool };
}
