/**
 * The store as a verifier reads it: what somebody changed in the database so that it does not read any more is a failed check,
 * and everything else is looked at all the same. An outage is none: it is thrown.
 */
import { hasErrorCode } from '../core/errors.ts';
import type { CheckId, Checks } from './checks.ts';
import type { AuditStore } from './open-record.ts';

/** @returns a store whose methods answer with nothing, and say so once, where a row cannot be read */
export function readingChangedRows(store: AuditStore, checks: Checks): AuditStore {
  const told = new Set<string>();
  const read = async <T>(id: CheckId, what: string, answer: Promise<T>, nothing: T): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (!hasErrorCode(error, 'record-invalid')) throw error;
      if (!told.has(what)) checks.expect(id, false, null, `${what} cannot be read: a row was changed in the database`);
      told.add(what);
      return nothing;
    }
  };
  return {
    getRun: (workflowId) => read('store-run', 'the stored run', store.getRun(workflowId), null),
    listDecisions: (workflowId) => read('store-decisions', 'the stored decisions', store.listDecisions(workflowId), []),
    listAsks: (filter) => read('store-cards', 'the stored requests', store.listAsks(filter), []),
    votesByNonce: (nonce) => read('store-votes', `the stored votes on request ${nonce}`, store.votesByNonce(nonce), []),
    looksOf: (nonce) => read('store-looks', `the stored notes of who looked at ${nonce}`, store.looksOf(nonce), []),
    tellingsOf: (nonce) =>
      read('store-tellings', `the stored notes of who was told of ${nonce}`, store.tellingsOf(nonce), []),
    listControl: (kinds) => read('store-orders', 'the stored orders', store.listControl(kinds), []),
    listLedger: (filter) => read('store-ledger', 'the ledger', store.listLedger(filter), []),
    getBody: (digest) => store.getBody(digest),
    ...(store.getReview
      ? {
          getReview: (nonce: string) =>
            read('break-glass', `the stored review ${nonce}`, store.getReview?.(nonce) ?? Promise.resolve(null), null),
        }
      : {}),
  };
}
