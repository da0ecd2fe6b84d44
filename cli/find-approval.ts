/**
 * An approval request by what a person types: its nonce, the beginning of one, or the approval id. By the beginning of its nonce
 * an open request is found, else one of the newest that are decided; which card the answer is for is bound by digest, so a wrong guess cannot approve another.
 */
import type { Countersign } from '../client/gateway-client.ts';
import type { ApprovalView } from '../client/gateway-schemas.ts';
import { nonceSchema, workflowIdSchema } from '../core/contracts/ids.ts';
import { digestJson } from '../core/digest.ts';
import { CountersignError } from '../core/errors.ts';
import { shownInput } from './shown-input.ts';

const shortest = 4;

/** @throws {CountersignError} `not-found`, `input-invalid` for a beginning that fits several */
export async function findApproval(gateway: Countersign, given: string): Promise<ApprovalView> {
  if (nonceSchema.safeParse(given).success) return checked(await gateway.approvals.get(given, 'terminal'));
  const [workflowId = ''] = given.split('/');
  const byId = workflowIdSchema.safeParse(workflowId).success;
  const isMeant = (one: { approvalId: string; nonce: string }): boolean =>
    byId ? one.approvalId === given : given.length >= shortest && one.nonce.startsWith(given);
  const look = async (filter: { state: 'open' | 'all'; workflowId?: string }) => {
    const { approvals, unreadable = [], more = false } = await gateway.approvals.list({ ...filter, limit: 200 });
    return { fits: approvals.filter(isMeant), changed: unreadable.find(isMeant), more };
  };
  const found = await look(byId ? { state: 'all', workflowId } : { state: 'open' });
  let { fits, changed } = found;
  // One that is decided is still withdrawn from, and looked at.
  if (fits.length === 0 && !changed && !byId && given.length >= shortest)
    ({ fits, changed } = await look({ state: 'all' }));
  const [first, second] = fits;
  if (changed && !first) {
    throw new CountersignError(
      'record-invalid',
      `Cannot read approval "${shownInput(given)}": ${changed.problem}, expected the database as the program wrote it; nobody can answer it, so cancel its run, or restore the database from a backup`,
    );
  }
  if (!first) {
    throw new CountersignError(
      'not-found',
      `Cannot find approval "${shownInput(given)}": no request that is open or among the newest has this id, expected a nonce, its first ${shortest} characters or more, or an approval id; look at "countersign approvals"${found.more ? '; more are open than were looked through, so type the whole nonce' : ''}`,
    );
  }
  if (second) {
    throw new CountersignError(
      'input-invalid',
      `Cannot find approval "${shownInput(given)}": ${fits.length} requests begin so, expected one; type more of it`,
    );
  }
  // With what a list leaves out: what differs from the last approved call, and what the run took so far.
  return checked(await gateway.approvals.get(first.nonce, 'terminal'));
}

/** The digest that is sent says what was shown: it must be of this very card, whatever the gateway says. */
function checked(approval: ApprovalView): ApprovalView {
  if (digestJson('card', approval.card) === approval.cardDigest) return approval;
  throw new CountersignError(
    'record-invalid',
    `Cannot show approval "${approval.nonce}": its card has another digest than the gateway says, expected the same; do not answer, tell whoever runs the gateway`,
  );
}
