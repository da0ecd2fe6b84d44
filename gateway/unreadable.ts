/**
 * Requests of which somebody changed a row in the database: how they are named to people. Nobody can answer one, and its call does
 * not run: the gate reads the same rows, and refuses what it cannot read.
 */
import type { UnreadableRequest } from '../client/gateway-schemas.ts';
import { CountersignError } from '../core/errors.ts';
import type { ChangedAsk } from '../store/changed-rows.ts';

export type ChangedPart = UnreadableRequest['part'];

const problems: Readonly<Record<ChangedPart, string>> = {
  request: 'its stored request is not what the gate signed',
  vote: 'a stored vote of it is not what this gateway signed',
  run: 'the stored ticket of its run is not what this gateway signed',
};
const longest = 200;

/** What the columns say, cut: whoever changed one could have written anything into it. */
export function unreadable({ nonce, workflowId, approvalId }: ChangedAsk, part: ChangedPart): UnreadableRequest {
  const cut = (text: string): string => text.slice(0, longest);
  return {
    nonce: cut(nonce),
    approvalId: cut(approvalId),
    workflowId: cut(workflowId),
    part,
    problem: problems[part],
  };
}

export function unreadableError(nonce: string, part: ChangedPart): CountersignError {
  return new CountersignError(
    'record-invalid',
    `Cannot read approval request "${nonce}": ${problems[part]}, expected the database as this program wrote it; nobody can answer it, so cancel its run, or restore the database from a backup`,
  );
}
