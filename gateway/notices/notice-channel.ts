/** Where people are told of requests. A channel tells; it never answers, and what it is told back carries no authority. */
import type { ApprovalView } from '../../client/gateway-schemas.ts';
import type { CardSituation } from '../../core/card/lay-out-card.ts';
import type { ApproverSet } from '../../core/contracts/approval.ts';
import type { OpenedAsk } from '../verified.ts';

/** What stands on a card beside what was asked. Read when it is called: most channels show none of it. */
export type Situation = () => Promise<CardSituation>;

export interface NoticeChannel {
  /** In the record; one name, one channel. */
  readonly name: string;
  /** Whom it reaches, in its own words, for the record; nothing secret. */
  readonly reaches: readonly string[];
  /** @returns where the channel keeps it, for what follows. */
  request(ask: OpenedAsk, situation: Situation): Promise<string>;
  /** Absent: it reminds nobody. */
  remind?(ask: OpenedAsk, place: string, reminder: Reminder): Promise<void>;
  /** Where the terms name no reminders. */
  readonly remindsHalfWay?: boolean;
  /** Another channel could not tell anybody: whoever this one reaches may be the only ones who know. */
  alarm(ask: OpenedAsk, place: string, failed: FailedNotice): Promise<void>;
  /** Absent: it says nothing of the end. */
  close?(ask: OpenedAsk, place: string, end: RequestEnd): Promise<void>;
  /**
   * That one person answered alone, loudly; then that its review is still open, and that it was signed. Absent: a channel that
   * cannot.
   * @returns where the channel keeps it, for what follows
   */
  review?(ask: OpenedAsk, place: string | null, told: ReviewTold): Promise<string>;
  failureOf(error: unknown): NoticeFailure;
}

export interface Reminder {
  /** Until the deadline, ms. */
  leftMs: number;
  /** Which of the times it is, ms since the Unix epoch: the same for each repetition. */
  dueAt: number;
  /** Who may answer by now, besides; null: nobody. */
  escalatedTo: ApproverSet | null;
}

export interface ReviewTold {
  moment: 'used' | 'reminded' | 'overdue' | 'signed';
  /** Which of the times it is, ms since the Unix epoch: the same for each repetition. */
  momentAt: number;
  by: string;
  role: string;
  /** What they gave as the reason; a text of theirs. */
  reason: string;
  castAt: number;
  dueAt: number;
  /** Who could have answered with them; null: not looked for. */
  couldAnswer: readonly string[] | null;
  needed: number;
  signatures: readonly { principal: string; finding: string }[];
}

export interface FailedNotice {
  channel: string;
  problem: string;
}

export interface RequestEnd {
  /** `expired` also where nobody closed it. */
  outcome: string;
  votes: ApprovalView['votes'];
  situation: Situation;
}

export interface NoticeFailure {
  /** For people and the record: our own words, no secret, nothing that came back. */
  problem: string;
  /** The other side said when to come back, ms. */
  retryAfterMs: number | null;
  /** Nothing but another setting helps. */
  isFinal: boolean;
}
