/**
 * Tells channels of requests, reminds, and says how they ended. What is to be done stands in the store, so that any gateway
 * goes on where another died. A failure is tried again, given up, shown, and said by the other channels; it approves, denies and
 * delays nothing.
 */
import type { CardSituation } from '../../core/card/lay-out-card.ts';
import { mostReached, type Telling } from '../../core/contracts/telling.ts';
import type { ErrorCode } from '../../core/contracts/errors.ts';
import { CountersignError } from '../../core/errors.ts';
import type { Notice } from '../../store/notice.ts';
import { findAsk } from '../answerable.ts';
import { createApproverCheck } from '../approvers.ts';
import { describeSituation, verifiedVotes } from '../describe-situation.ts';
import type { GatewayContext } from '../options.ts';
import type { OpenedAsk } from '../verified.ts';
import { votesThatCount } from '../votes-that-count.ts';
import type { NoticeChannel } from './notice-channel.ts';
import { serveReview } from './serve-review.ts';
import { dueReminder, isEscalated, nextReminder } from './reminder-times.ts';

const leaseMs = 60_000;
const atOnce = 20;
const mostAttempts = 50;
const longestBackOffMs = 5 * 60_000;
/** After the deadline, for the gate to say what it came to. */
const settleMs = 15_000;

/** One look: serves what is due; what somebody answered alone first. @returns how many were served. */
export async function keepNotices(gateway: GatewayContext, channel: NoticeChannel): Promise<number> {
  const due = { channel: channel.name, now: gateway.clock.now(), limit: atOnce };
  const reviews = channel.review ? await gateway.store.reviewNoticesDue(due) : [];
  const served = await serveAll(gateway, channel, reviews, serveReview);
  return served + (await serveAll(gateway, channel, await gateway.store.noticesDue(due), serve));
}

type Serve = (gateway: GatewayContext, channel: NoticeChannel, notice: Notice) => Promise<Step>;

async function serveAll(
  gateway: GatewayContext,
  channel: NoticeChannel,
  due: readonly Notice[],
  serveOne: Serve,
): Promise<number> {
  const { store, clock, logger } = gateway;
  const { name } = channel;
  let served = 0;
  for (const notice of due) {
    if (!(await store.takeNotice(notice, clock.now() + leaseMs))) continue;
    const step = await serveOne(gateway, channel, notice).catch((error: unknown) =>
      failed(gateway, channel, notice, error),
    );
    await store.saveNotice({ ...notice, ...step.changes }, tellingOf(channel, notice, step, clock.now()));
    served += 1;
    if (step.problem !== undefined) {
      const { state, attempts } = step.changes;
      const level = state === 'gave-up' || step.isChanged ? 'error' : 'warn';
      const about = notice.about ?? 'request';
      const { code } = step;
      logger[level]({ nonce: notice.nonce, channel: name, about, attempts, ...(code ? { code } : {}) }, step.problem);
      // It would meet the others too.
      if (step.stops) break;
    }
  }
  return served;
}

export interface Step {
  changes: Partial<Notice>;
  /** What the channel has told by it. Absent: nothing. */
  told?: Pick<Telling, 'moment' | 'dueAt' | 'toldAt'>;
  /** For the log; absent: nothing that it has not been told. */
  problem?: string;
  code?: ErrorCode;
  /** That rows of the request are not what was signed: somebody has to look. */
  isChanged?: boolean;
  stops?: boolean;
}

function tellingOf(channel: NoticeChannel, { nonce }: Notice, step: Step, now: number): Telling | undefined {
  const gaveUp =
    step.changes.state === 'gave-up' ? ({ moment: 'gave-up', dueAt: now, toldAt: now } as const) : undefined;
  const told = step.told ?? gaveUp;
  if (!told) return undefined;
  const problem = told.moment === 'gave-up' ? (step.changes.problem ?? null) : null;
  return { nonce, channel: channel.name, ...told, reached: channel.reaches.slice(0, mostReached), problem };
}

async function serve(gateway: GatewayContext, channel: NoticeChannel, notice: Notice): Promise<Step> {
  const found = await findAsk(gateway, notice.nonce);
  const { ask, ticket } = found;
  const { askedAt, deadlineAt } = ask.body.ask;
  const now = gateway.clock.now();
  const situation = async () => await describeSituation(gateway, found);
  const { place } = notice;
  if (ask.row.outcome !== null || now > deadlineAt + settleMs) {
    if (place === null) return neverTold(notice, now);
    const changes = { state: 'done', problem: null } as const;
    if (!channel.close) return { changes };
    // The time that was left when it ended would stand there for ever.
    const lasting = async (): Promise<CardSituation> => {
      const { now: _, ...others } = await situation();
      return others;
    };
    const cast = verifiedVotes(gateway, found.votes);
    const votes = await votesThatCount(createApproverCheck(gateway).atOnce(), ask, ticket, cast);
    const end = { outcome: ask.row.outcome ?? 'expired', votes, situation: lasting };
    await channel.close(ask, place, end);
    return { changes, told: { moment: 'closed', dueAt: ask.row.closedAt ?? deadlineAt, toldAt: now } };
  }
  if (place === null) {
    const told = { state: 'told', place: await channel.request(ask, situation), toldAt: now, problem: null } as const;
    const { attempts } = notice;
    const next = nextAt(ask, channel, { ...notice, ...told }, now);
    const changes = { ...told, attempts: attempts + 1, nextAt: next };
    return { changes, told: { moment: 'requested', dueAt: askedAt, toldAt: now } };
  }
  await sayWhoCouldNotTell(gateway, channel, ask, place);
  const dueAt = dueReminder(ask.body.ask, channel, notice, now);
  if (dueAt !== undefined && now < deadlineAt) {
    const escalatedTo = isEscalated(ask.body.ask, now) ? (ask.body.ask.terms.escalation?.to ?? null) : null;
    await channel.remind?.(ask, place, { leftMs: deadlineAt - now, dueAt, escalatedTo });
    const reminded = { remindedAt: now, problem: null };
    const next = nextAt(ask, channel, { ...notice, ...reminded }, now);
    const moment = escalatedTo === null ? 'reminded' : 'escalated';
    return { changes: { state: 'told', ...reminded, nextAt: next }, told: { moment, dueAt, toldAt: now } };
  }
  return { changes: { state: 'told', problem: null, nextAt: nextAt(ask, channel, notice, now) } };
}

/** It ended while the channel was still being tried: that nobody was told by it, and why, is on record like a telling. */
function neverTold({ problem }: Notice, now: number): Step {
  if (problem === null) return { changes: { state: 'done' } };
  return { changes: { state: 'done', problem }, told: { moment: 'gave-up', dueAt: now, toldAt: now } };
}

function nextAt({ body: { ask } }: OpenedAsk, channel: NoticeChannel, notice: Notice, now: number): number {
  return nextReminder(ask, channel, notice, now) ?? ask.deadlineAt + settleMs + 1;
}

/** One that fails here is said again with the next look. */
async function sayWhoCouldNotTell(
  { store, clock }: GatewayContext,
  channel: NoticeChannel,
  ask: OpenedAsk,
  place: string,
): Promise<void> {
  const { nonce } = ask.row;
  for (const { channel: about, problem } of await store.untoldBeside({ nonce, channel: channel.name })) {
    await channel.alarm(ask, place, { channel: about, problem: problem ?? 'nothing is known' });
    await store.noteAlarm({ nonce, channel: channel.name, about, at: clock.now() });
  }
}

function failed(gateway: GatewayContext, channel: NoticeChannel, notice: Notice, error: unknown): Step {
  if (error instanceof CountersignError) return unreadable(gateway, notice, error);
  const { problem, retryAfterMs, isFinal } = channel.failureOf(error);
  const attempts = notice.attempts + 1;
  const state = isFinal || attempts >= mostAttempts ? 'gave-up' : 'waiting';
  return {
    changes: { state, attempts, nextAt: gateway.clock.now() + (retryAfterMs ?? backOffMs(attempts)), problem },
    problem,
    stops: retryAfterMs !== null,
  };
}

/**
 * No channel's fault. Changed rows may be put back, so they are looked at again, ever more rarely, also after a deadline that
 * nobody can read; one request must not fill the log, so the same again is not said again.
 */
function unreadable({ clock }: GatewayContext, notice: Notice, { code, retryable }: CountersignError): Step {
  const gone = code === 'not-found' || code === 'signature-invalid';
  // A store that is away for hours is no reason to give up.
  const attempts = notice.attempts + (retryable ? 0 : 1);
  const state = gone || (!retryable && attempts >= mostAttempts) ? 'gave-up' : 'waiting';
  const changes = {
    state,
    attempts,
    nextAt: clock.now() + Math.max(10_000, backOffMs(attempts)),
    problem: code,
  } as const;
  if (state === 'waiting' && notice.problem === code) return { changes };
  return { changes, code, isChanged: !retryable, problem: 'a request cannot be told of' };
}

function backOffMs(attempts: number): number {
  return Math.min(longestBackOffMs, 1000 * 2 ** Math.min(attempts, 10));
}

/** Looks now and then. Returns what stops it and waits for the last look. */
export function startKeepingNotices(gateway: GatewayContext, channel: NoticeChannel): () => Promise<void> {
  let looking: Promise<void> = Promise.resolve();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    looking = keepNotices(gateway, channel)
      .then(() => undefined)
      .catch((error: unknown) => {
        const code = error instanceof CountersignError ? error.code : 'internal-fault';
        gateway.logger.warn({ code, channel: channel.name }, 'requests wait to be told of');
      })
      .finally(() => {
        isLooking = false;
      });
  }, gateway.tellEveryMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
