/** The times beside one approval, as the store has them: for people who look. */
export interface ApprovalPace {
  principal: string;
  /** Signed in the vote. */
  castAt: number;
  askedAt: number;
  /** When this person was first shown the card; null where nobody noted it. */
  lookedAt: number | null;
}
