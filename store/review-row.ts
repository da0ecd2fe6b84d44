/** A review of a break-glass as the store keeps it, and what opening one takes. What closes it are signed control records. */

/** Where to look: that there must be a review stands in the signed permit. */
export interface ReviewRow {
  /** Of the request that was answered alone. */
  nonce: string;
  workflowId: string;
  /** Of the first call that was permitted. */
  callKey: string;
  /** Whoever broke the glass. */
  principal: string;
  voteDigest: string;
  /** Of the first permit. */
  permitDigest: string;
  openedAt: number;
  dueAt: number;
}

/** What one person may use of it: all names of the person, and how many uses in 24 hours. */
export interface BreakGlassTake {
  names: readonly string[];
  perDay: number;
}
