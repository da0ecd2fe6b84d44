/** A use of a grant, as the store keeps it: counted and numbered, by call and try. */

/** One number of a grant's uses, taken by a call and try. */
export interface GrantUse {
  grantId: string;
  /** From 1. */
  number: number;
  callKey: string;
  try: number;
  workflowId: string;
  at: number;
}
