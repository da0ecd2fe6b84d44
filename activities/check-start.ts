/**
 * What speaks against a run before it opens: people and words that a policy blocks, and what the beforeAgent guards found in
 * its text. Policies that are missing block nothing here, because without them no call is allowed anyway.
 */
import type { TicketBody } from '../core/contracts/ticket.ts';
import { blockedAtStart, guardSettings } from '../policy/index.ts';
import type { CheckPoint } from './check-point.ts';
import { policiesOf } from './policies-of.ts';
import type { PolicySource } from './policy-source.ts';

export interface CheckStartDependencies {
  policies: PolicySource;
  checkPoint: CheckPoint;
}

/** Characters of what the guard says, which is redacted and goes into the run's history. */
const mostOfMessage = 300;

/** @returns a part of a sentence about the run, without what was found; undefined: nothing speaks against it */
export function createCheckStart({
  policies,
  checkPoint,
}: CheckStartDependencies): (text: string, ticket: TicketBody) => Promise<string | undefined> {
  return async (text, ticket) => {
    const asked = await policiesOf(policies, ticket);
    const start = { users: [ticket.principal, ticket.onBehalfOf], text };
    const blocked = asked.flatMap((policy) => blockedAtStart(policy, start))[0];
    if (blocked) return `rule ${blocked.id}: ${blocked.reason}`;
    const { refusal } = await checkPoint('beforeAgent', { text }, guardSettings(asked));
    return (
      refusal &&
      `guard ${refusal.guard} found ${refusal.rule} in its input (${refusal.message.slice(0, mostOfMessage)})`
    );
  };
}
