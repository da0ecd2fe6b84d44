/**
 * What happened to approval requests and to reviews of break-glass, and who was told: for those who follow or tell. Nothing here authorises anything; an
 * answer is a vote, whatever a notice says.
 */

/** Something that happened to an approval request. */
export interface ApprovalChange {
  kind: 'requested' | 'voted' | 'closed';
  nonce: string;
  /** By the clock of whoever wrote it, ms. */
  at: number;
  /** Of the vote. */
  digest: string | null;
}

/** What a channel was told of a request, and what is left to do. */
export interface Notice {
  nonce: string;
  channel: string;
  /** `review`: that the request was answered alone, and until when others review it. Absent: the request itself. */
  about?: 'review';
  /** `new`: no row yet. `waiting`: to be told. `told`: to be reminded, or closed once the request is. */
  state: 'new' | 'waiting' | 'told' | 'done' | 'gave-up';
  attempts: number;
  /** Not before, ms. */
  nextAt: number;
  /** Where the channel keeps it. */
  place: string | null;
  /** Of the last attempt that failed. */
  problem: string | null;
  toldAt: number | null;
  remindedAt: number | null;
}

/** One that has a row. */
export type KeptNotice = Notice & { state: Exclude<Notice['state'], 'new'> };

/** Tries that failed, after which somebody should know: about a minute, while the channel is tried on. */
export const failingAttempts = 5;

/** Nobody was told, and it looks as if nobody will be. */
export function isUntold({ state, toldAt, attempts }: Notice): boolean {
  return toldAt === null && (state === 'gave-up' || (state === 'waiting' && attempts >= failingAttempts));
}
