/**
 * Requests as webhooks, by the Standard Webhooks specification: `webhook-id` is the same for each repetition of one event, the
 * signature covers id, time and the very bytes sent, and during a rotation there is one for each of two secrets.
 */
import { Webhook } from 'standardwebhooks';
import { openJson } from '../../core/card/editable-json.ts';
import { CountersignError } from '../../core/errors.ts';
import type { NoticeChannel, NoticeFailure } from '../notices/notice-channel.ts';
import type { GatewayContext, WebhookOptions } from '../options.ts';
import type { OpenedAsk } from '../verified.ts';

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

class Refused extends Error {
  readonly status: number;
  readonly retryAfterMs: number | null;

  constructor(status: number, retryAfterMs: number | null) {
    super(
      isRedirect(status)
        ? `the receiver answered with a redirect (${status}), which is not followed`
        : `the receiver answered ${status}`,
    );
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** @throws {CountersignError} `config-invalid` for a secret that is none, or more than two */
export function createWebhookChannel({ clock }: Pick<GatewayContext, 'clock'>, options: WebhookOptions): NoticeChannel {
  const { url, secrets, send } = options;
  const signers = signersOf(secrets);
  const deliver = async (id: string, type: string, data: object): Promise<void> => {
    const at = new Date(clock.now());
    // What an agent wrote may hide something: a receiver that shows the text as it came shows it.
    const body = openJson({ type, timestamp: at.toISOString(), data });
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signers.map((signer) => signer.sign(id, at, body)).join(' '),
    };
    const { status, headers: answered } = await send(url, { method: 'POST', headers, body });
    if (status < 200 || status > 299) throw new Refused(status, retryAfterOf(answered['retry-after']));
  };
  return {
    name: 'webhook',
    // Its path may be a secret of the receiver.
    reaches: [new URL(url).origin],
    async request(ask) {
      const id = `msg_${ask.row.nonce}_requested`;
      await deliver(id, 'approval.requested', { ...factsOf(ask), card: ask.card });
      return id;
    },
    async remind(ask, _place, { leftMs, dueAt, escalatedTo }) {
      const facts = { ...factsOf(ask), leftMs, escalatedTo };
      await deliver(`msg_${ask.row.nonce}_reminded_${dueAt}`, 'approval.reminded', facts);
    },
    async alarm(ask, _place, failed) {
      const id = `msg_${ask.row.nonce}_untold_${failed.channel}`;
      await deliver(id, 'approval.untold', { ...factsOf(ask), failed });
    },
    async close(ask, _place, { outcome, votes }) {
      await deliver(`msg_${ask.row.nonce}_closed`, 'approval.closed', { ...factsOf(ask), outcome, votes });
    },
    async review(ask, _place, { moment, momentAt, ...told }) {
      const id = `msg_${ask.row.nonce}_break-glass_${moment}_${momentAt}`;
      const type = moment === 'used' ? 'break-glass.used' : `break-glass.review-${moment}`;
      await deliver(id, type, { ...factsOf(ask), ...told, card: ask.card });
      return id;
    },
    failureOf,
  };
}

/** What an answer must name. None of it is authority. */
function factsOf({ row, body }: OpenedAsk): object {
  const { approvalId, kind, cardDigest, askedAt, deadlineAt } = body.ask;
  const { nonce, workflowId, callKey, askDigest } = row;
  return { nonce, approvalId, kind, workflowId, callKey, askDigest, cardDigest, askedAt, deadlineAt };
}

function signersOf(secrets: readonly string[]): Webhook[] {
  const isForm = secrets.every((secret) => /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(secret));
  if (isForm && secrets.length >= 1 && secrets.length <= 2) return secrets.map((secret) => new Webhook(secret));
  throw new CountersignError(
    'config-invalid',
    'Cannot send webhooks: their secrets have another form, expected one or two of "whsec_" and 24 to 64 bytes in base64, the new one first; correct the setting',
  );
}

function failureOf(error: unknown): NoticeFailure {
  if (error instanceof Refused) {
    // 410: the receiver wants no more; what another attempt cannot mend is left to a person.
    const isFinal = error.status === 410 || isRedirect(error.status);
    return { problem: error.message, retryAfterMs: error.retryAfterMs, isFinal };
  }
  // Of the checked connection: its words name no address.
  const isNotAllowed = error instanceof Error && error.name === 'ToolFailure';
  return {
    problem: isNotAllowed ? 'its URL leads to an address that is not allowed' : 'the receiver is out of reach',
    retryAfterMs: null,
    isFinal: isNotAllowed,
  };
}

function retryAfterOf(value: string | undefined): number | null {
  const seconds = /^[0-9]{1,6}$/.test(value ?? '') ? Number(value) : Number.NaN;
  return Number.isNaN(seconds) ? null : Math.min(seconds, 3600) * 1000;
}
