/**
 * Shows what redaction took out, to who may see it: the read is a signed record before anything leaves, a refused one too. What the
 * database holds is believed only as far as it opens under the key.
 */
import type { RedactionShown } from '../client/redaction-schemas.ts';
import type { RedactionOutcome } from '../core/contracts/redaction.ts';
import { CountersignError } from '../core/errors.ts';
import { appendOrder } from './control-records.ts';
import type { Credential } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import { refuseSecrets } from './refuse-secrets.ts';

export interface RedactionQuery {
  workflowId: string;
  mark: string;
  reason: string;
}

type Found = { outcome: 'shown'; shown: RedactionShown } | { outcome: Exclude<RedactionOutcome, 'shown'> };

/** Secrets that share a mark, at most: four digits tell 65536 apart, and a run keeps a thousand. */
const mostOfMark = 1000;

/** @throws {CountersignError} `forbidden`, `not-found`, `key-unavailable`, `record-invalid`, `input-refused` for the reason */
export async function readRedaction(
  gateway: GatewayContext,
  caller: Credential,
  query: RedactionQuery,
): Promise<RedactionShown> {
  const { workflowId, mark, reason } = query;
  await refuseSecrets(gateway, 'the reason', reason);
  const found: Found = caller.scopes.includes('redactions:read')
    ? await find(gateway, query)
    : { outcome: 'forbidden' };
  const { principal, keyId } = caller;
  const read = { workflowId, mark, outcome: found.outcome, by: principal, keyId, reason, readAt: gateway.clock.now() };
  // A read that cannot be recorded shows nothing.
  await appendOrder(gateway, { kind: 'redaction-read', ...read });
  if (found.outcome === 'shown') return found.shown;
  throw refusal(found.outcome, query);
}

async function find({ store, redactionKey }: GatewayContext, { workflowId, mark }: RedactionQuery): Promise<Found> {
  if (!redactionKey) return { outcome: 'no-key' };
  const rows = await store.listRedactions({ workflowId, mark, limit: mostOfMark });
  if (rows.length === 0) return { outcome: 'not-found' };
  const opened = rows.map((row) => redactionKey.open(row));
  if (opened.some(({ kind }) => kind === 'tampered')) return { outcome: 'tampered' };
  const secrets = opened.flatMap((one) => (one.kind === 'opened' ? [one.secret] : []));
  if (secrets.length === 0) return { outcome: 'other-key' };
  return { outcome: 'shown', shown: { mark, secrets, underOtherKeys: rows.length - secrets.length } };
}

function refusal(outcome: Exclude<RedactionOutcome, 'shown'>, { workflowId, mark }: RedactionQuery): CountersignError {
  const what = `Cannot show redaction "${mark}" of run "${workflowId}"`;
  switch (outcome) {
    case 'forbidden':
      return new CountersignError(
        'forbidden',
        `${what}: the key lacks the scope "redactions:read", expected one that has it; ask who minted it`,
      );
    case 'not-found':
      return new CountersignError(
        'not-found',
        `${what}: none is kept, expected one that is; look at "countersign redactions list"`,
      );
    case 'no-key':
      return new CountersignError(
        'key-unavailable',
        `${what}: the gateway has no key for it, expected one; set COUNTERSIGN_REDACTION_KEY_FILE for the gateway too`,
      );
    case 'other-key':
      return new CountersignError(
        'key-unavailable',
        `${what}: it is kept under another key than the gateway's, expected the same; give the gateway the key file of that time`,
      );
    case 'tampered':
      return new CountersignError(
        'record-invalid',
        `${what}: a row of it does not open under its key, expected it as it was written; compare the store with a backup`,
      );
  }
}
