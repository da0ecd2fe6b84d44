/**
 * Rows that do not read: somebody with the database changed them. What their columns say is for people who look for them; nobody
 * vouches for it, and nothing is decided by it.
 */
import type { AskRow } from './store.ts';

export type ChangedAsk = Pick<AskRow, 'nonce' | 'workflowId' | 'approvalId'>;
