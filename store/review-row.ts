/** A review of a break-glass, as the store keeps it: where to look. What closes it are signed control records. */
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
