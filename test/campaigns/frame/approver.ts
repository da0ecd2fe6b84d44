/**
 * Somebody who answers approval requests through the gateway's HTTP API, however often that is away, and remembers which
 * answers the gateway said it has taken.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Countersign } from '../../../client/gateway-client.ts';
import type { ApprovalView } from '../../../client/gateway-schemas.ts';

export interface AcceptedVote {
  nonce: string;
  verdict: 'approve' | 'deny';
  digest: string;
}

export interface Approver {
  /** Votes that the gateway took, in order. */
  accepted: readonly AcceptedVote[];
  stop(): Promise<void>;
}

const lookEveryMs = 400;

/** @param gateway as it is now: it changes with each restart */
export function startApprover(
  gateway: () => Countersign,
  answer: (approval: ApprovalView) => AcceptedVote['verdict'],
): Approver {
  const accepted: AcceptedVote[] = [];
  const answered = new Set<string>();
  const stopping = new AbortController();
  const vote = async (approval: ApprovalView): Promise<void> => {
    const { nonce, cardDigest } = approval;
    const verdict = answer(approval);
    const reason = verdict === 'deny' ? 'the script says no' : undefined;
    const result = await gateway().approvals.vote(nonce, { verdict, cardDigest, ...(reason ? { reason } : {}) });
    if (result.status === 'rejected' || result.status === 'late') return;
    answered.add(nonce);
    accepted.push({ nonce, verdict, digest: result.voteDigest });
  };
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const open = await gateway()
        .approvals.list({ state: 'open', limit: 200 })
        .then(({ approvals }) => approvals)
        .catch(() => []);
      const fresh = open.filter(({ nonce, kind }) => kind === 'call' && !answered.has(nonce));
      // One that fails is looked at again: the gateway may be dead by now.
      for (const approval of fresh) if (!stopping.signal.aborted) await vote(approval).catch(() => undefined);
      await delay(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const working = work();
  return {
    accepted,
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
