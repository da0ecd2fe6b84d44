/**
 * Tells Slack of requests, reminds, and writes the outcome into the message. What is to be done stands in the store, so that
 * any gateway goes on where another died. A failure is tried again, kept and shown; it approves, denies and delays nothing.
 */
import { CountersignError } from '../../core/errors.ts';
import type { Notice } from '../../store/store.ts';
import { findAsk } from '../answerable.ts';
import { describeSituation, votesOf } from '../describe-situation.ts';
import type { GatewayContext, SlackOptions } from '../options.ts';
import { outcomeMessage, reminderMessage, requestMessage } from './messages.ts';
import { type SlackApi, slackFailureOf } from './slack-api.ts';

const channelName = 'slack';
const leaseMs = 60_000;
const atOnce = 20;
const mostAttempts = 50;
const longestBackOffMs = 5 * 60_000;
/** After the deadline, for the gate to say what it came to. */
const settleMs = 15_000;

export interface NoticeKeeper {
  /** One look. @returns how many were served. */
  look(): Promise<number>;
}

export function createNoticeKeeper(
  gateway: GatewayContext,
  api: SlackApi,
  inboxUrl: (nonce: string) => string,
): NoticeKeeper {
  return {
    async look() {
      const { store, clock, logger } = gateway;
      let served = 0;
      for (const notice of await store.noticesDue({ channel: channelName, now: clock.now(), limit: atOnce })) {
        if (!(await store.takeNotice(notice, clock.now() + leaseMs))) continue;
        const step = await serve(gateway, api, inboxUrl, notice).catch((error: unknown) =>
          failed(gateway, notice, error),
        );
        await store.saveNotice({ ...notice, ...step.changes });
        served += 1;
        if (step.problem !== undefined) {
          const { nonce } = notice;
          const level = step.changes.state === 'gave-up' ? 'error' : 'warn';
          logger[level]({ nonce, channel: channelName, attempts: step.changes.attempts }, step.problem);
          // It would meet the others too.
          if (step.stops) break;
        }
      }
      return served;
    },
  };
}

interface Step {
  changes: Partial<Notice>;
  problem?: string;
  stops?: boolean;
}

async function serve(
  gateway: GatewayContext,
  api: SlackApi,
  inboxUrl: (nonce: string) => string,
  notice: Notice,
): Promise<Step> {
  const { ask } = await findAsk(gateway, notice.nonce);
  const { deadlineAt } = ask.body.ask;
  const now = gateway.clock.now();
  const situation = await describeSituation(gateway, ask);
  const place = placeOf(notice.place);
  if (ask.row.outcome !== null || now > deadlineAt + settleMs) {
    if (place) {
      const by = (await votesOf(gateway, notice.nonce)).map(
        (one) =>
          `${one.verdict === 'approve' ? 'Approved' : 'Denied'} by ${one.principal} at ${new Date(one.castAt).toISOString()}`,
      );
      const outcome = ask.row.outcome ?? 'expired';
      await api.update(place, outcomeMessage(ask.card, situation, `This request is ${outcome}`, by));
    }
    return { changes: { state: 'done', problem: null } };
  }
  if (!place) {
    const posted = await api.post(requestMessage(ask.card, situation, notice.nonce, inboxUrl(notice.nonce)));
    const remindAt = now + (deadlineAt - now) / 2;
    const told = { state: 'told', place: JSON.stringify(posted), toldAt: now, problem: null } as const;
    return { changes: { ...told, attempts: notice.attempts + 1, nextAt: Math.round(remindAt) } };
  }
  if (notice.remindedAt === null && now < deadlineAt) {
    await api.post({ ...reminderMessage(ask.card, deadlineAt - now), thread: place.ts });
    return { changes: { state: 'told', remindedAt: now, nextAt: deadlineAt + settleMs, problem: null } };
  }
  return { changes: { state: 'told', nextAt: deadlineAt + settleMs + 1 } };
}

function failed({ clock }: GatewayContext, notice: Notice, error: unknown): Step {
  if (error instanceof CountersignError) {
    const gone = error.code === 'not-found' || error.code === 'signature-invalid';
    const changes = { state: gone ? 'gave-up' : 'waiting', nextAt: clock.now() + 10_000, problem: error.code } as const;
    return { changes, problem: 'a request cannot be told of' };
  }
  const { problem, retryAfterMs, isFinal } = slackFailureOf(error);
  const attempts = notice.attempts + 1;
  const state = isFinal || attempts >= mostAttempts ? 'gave-up' : 'waiting';
  const backOffMs = retryAfterMs ?? Math.min(longestBackOffMs, 1000 * 2 ** Math.min(attempts, 10));
  return {
    changes: { state, attempts, nextAt: clock.now() + backOffMs, problem },
    problem,
    stops: retryAfterMs !== null,
  };
}

function placeOf(text: string | null): { channel: string; ts: string } | undefined {
  return text === null ? undefined : (JSON.parse(text) as { channel: string; ts: string });
}

/** Looks now and then. Returns what stops it and waits for the last look. */
export function startKeepingNotices(
  gateway: GatewayContext,
  keeper: NoticeKeeper,
  options: SlackOptions,
): () => Promise<void> {
  let looking: Promise<void> = Promise.resolve();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    looking = keeper
      .look()
      .then(() => undefined)
      .catch((error: unknown) => {
        const code = error instanceof CountersignError ? error.code : 'internal-fault';
        gateway.logger.warn({ code, channel: channelName }, 'requests wait to be told of');
      })
      .finally(() => {
        isLooking = false;
      });
  }, options.lookEveryMs ?? 2000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
