/**
 * Quotas of approval requests as the gate hands them to the store: what is counted, and the denial to record in the same
 * transaction where one is full.
 */
import type { SignedDecision } from '../core/contracts/decision.ts';

export interface AskQuota {
  /** The same text is the same quota. */
  scope: string;
  rule: string;
  /** Undefined: any number. */
  pending: number | undefined;
  /** Undefined: any number. */
  asked: number | undefined;
  withinMs: number;
  backOffMs: number;
  longestBackOffMs: number;
}

export interface FullQuota {
  quota: AskQuota;
  /** `backing-off`: there may be room again, and it is too early to ask. */
  why: 'pending' | 'asked' | 'backing-off';
  /** Requests too many in a row, this one among them. */
  refusals: number;
  /** Nothing is asked before, ms since the Unix epoch. */
  untilAt: number;
}

export interface AskQuotas {
  /** In one order for all requests. */
  quotas: readonly AskQuota[];
  /** The signed denial for the decision's key. Called inside the transaction, once or more: it must do nothing else. */
  refuse(full: FullQuota): { decision: SignedDecision; digest: string; text?: string };
}
