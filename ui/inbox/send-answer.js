/** Sends what a person answered, with the card that they were shown, and says in words what the gateway made of it. */
import { ask } from './page.js';

/** @typedef {{ nonce: string, cardDigest: string, approvers: { confirmation: string | null } }} Answered */
/** @typedef {{ reason: string, confirmation: string }} Said what was typed; the reason trimmed, empty: none */
/** @typedef {{ status: string, outcome?: string | null, reason?: string | null }} VoteResult */

/** @param {Answered} one @param {'approve' | 'deny'} verdict @param {Said} said */
export async function sendVote(one, verdict, said) {
  const body = {
    verdict,
    ...(said.reason === '' ? {} : { reason: said.reason }),
    // As it was typed: the gateway compares it.
    ...(verdict === 'approve' && one.approvers.confirmation !== null ? { confirmation: said.confirmation } : {}),
  };
  const headers = { 'if-match': `"${one.cardDigest}"`, 'idempotency-key': crypto.randomUUID() };
  /** @type {VoteResult} */
  const {
    status,
    outcome = null,
    reason: refusal,
  } = await ask('POST', `/v1/approvals/${one.nonce}/votes`, body, headers);
  switch (status) {
    case 'applied':
      return outcome === null ? 'Counted; the request is still open.' : `Counted; the request is ${outcome}.`;
    case 'recorded':
      return 'Recorded; the run has not answered yet.';
    case 'duplicate':
      return `Not counted: ${refusal ?? 'you had answered it before'}.`;
    case 'late':
      return 'Too late: the request was no longer open.';
    default:
      return `Not counted: ${refusal ?? 'no reason given'}`;
  }
}

/** @param {Answered} one @param {boolean} happened @param {Said} said */
export async function sendReconcile(one, happened, { reason }) {
  const body = {
    answer: happened ? 'happened' : 'did-not-happen',
    cardDigest: one.cardDigest,
    reason,
  };
  await ask('POST', `/v1/approvals/${one.nonce}/reconcile`, body);
  return 'Your answer is recorded.';
}
