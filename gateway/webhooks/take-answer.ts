/**
 * An answer that a system delivers, as a vote through the one function of all channels. The system's own signature can deny; an
 * approval is a person's: by their key's signature over the same statement, or their API key. Nothing else in a delivery, and
 * no address that it came to, is authority.
 */
import { webhookAnswerSchema, type WebhookAnswer, type WebhookStatement } from '../../client/webhook-schemas.ts';
import type { VoteResult } from '../../client/gateway-schemas.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { CountersignError } from '../../core/errors.ts';
import { cannot, findAsk } from '../answerable.ts';
import type { ApproverCheck } from '../approvers.ts';
import { castVote } from '../cast-vote.ts';
import { checkKey } from '../credentials.ts';
import type { FailedAttempts } from '../failed-attempts.ts';
import { readJsonBody } from '../json-body.ts';
import type { GatewayContext } from '../options.ts';
import { shapeText } from '../request-shape.ts';
import type { Voter } from '../seal-vote.ts';
import { fromBase64, isFresh, longestAgeMs, type ProvenDelivery, standingSigningKey } from './prove-sender.ts';

/** Twice the window: a delivery that could still be taken is still known. */
const forgetAfterMs = 2 * longestAgeMs;
/** What a person signs begins with this, which no delivery does. */
const statementTag = 'countersign/v1/answer\n';

export interface AnswerDesk {
  gateway: GatewayContext;
  approvers: ApproverCheck;
  /** API keys that do not stand, by the sender that brought them. */
  failed: FailedAttempts;
}

/** @throws {CountersignError} `input-invalid` for a body that is no answer of this sender */
export function readAnswer(body: Buffer, { sender }: ProvenDelivery): WebhookAnswer {
  const read = readJsonBody(body);
  if (read.kind === 'refused') throw notAnAnswer(read.reason);
  const parsed = webhookAnswerSchema.safeParse(read.value);
  if (!parsed.success) {
    const wrong = shapeText(webhookAnswerSchema, parsed.error.issues, read.value);
    throw new CountersignError('input-invalid', `Cannot take this webhook: ${wrong}`);
  }
  const answer = parsed.data;
  if (answer.data.sender !== sender.keyId) throw notAnAnswer('it names another sender');
  return answer;
}

/**
 * @param token of a person: what came as `Authorization: Bearer`; undefined: none
 * @throws {CountersignError} `conflict` a delivery that came before; `unauthenticated` a signature or API key that is not a
 * person's; see `castVote`
 */
export async function takeAnswer(
  desk: AnswerDesk,
  delivery: ProvenDelivery,
  answer: WebhookAnswer,
  token: string | undefined,
): Promise<VoteResult> {
  const { gateway, approvers } = desk;
  const { data } = answer;
  const voter = await voterOf(desk, delivery, answer, token);
  const { ask } = await findAsk(gateway, data.nonce);
  if (data.askDigest !== ask.row.askDigest) {
    throw cannot('conflict', ask, 'what was answered is another ask', 'its "askDigest"', 'look at it again');
  }
  // After what a sender can get wrong by itself, and before anything is stored.
  if (!(await isFirst(gateway, delivery))) {
    throw cannot('conflict', ask, 'this very delivery came before', 'one that is signed anew', 'sign each repetition');
  }
  return await castVote(gateway, approvers, voter, data.nonce, {
    verdict: data.verdict,
    cardDigest: data.cardDigest,
    channel: 'webhook',
    idempotencyKey: `${delivery.sender.keyId}:${delivery.id}`,
    ...(data.reason === null ? {} : { reason: data.reason }),
    ...(data.confirmation === undefined ? {} : { confirmation: data.confirmation }),
    ...(data.stop ? { stop: true } : {}),
    ...(data.grant ? { grant: data.grant } : {}),
  });
}

async function voterOf(
  { gateway, failed }: AnswerDesk,
  { sender }: ProvenDelivery,
  { data, person }: WebhookAnswer,
  token: string | undefined,
): Promise<Voter> {
  const now = gateway.clock.now();
  if (!isFresh(data.answeredAt, now)) throw notAnAnswer('it was said more than five minutes ago or ahead of now');
  const others = Number(person !== undefined) + Number(token !== undefined) + Number(sender.person);
  if (others > 1) throw notAnAnswer('it is said to be the answer of more than one person');
  const via = `webhook:${sender.keyId}`;
  if (person) return { ...(await signedBy(gateway, data, person)), via };
  if (data.grant && !sender.person)
    throw notGrantedBy(token === undefined ? 'a system' : 'an API key that a system holds');
  if (token !== undefined) return { ...(await bearerOf(gateway, failed, sender.keyId, token)), via };
  return sender;
}

/** Whoever carries a person's key could widen what it covers, for as long as it stands: the person signs the pattern itself. */
function notGrantedBy(is: string): CountersignError {
  return new CountersignError(
    'forbidden',
    `Cannot take this webhook: it approves calls like the one asked for, by ${is}, expected the person's own signature over what is covered; leave "grant" out, or have the person sign it`,
  );
}

/** The person's own word: their key over the very statement, whoever carries it. */
async function signedBy(
  gateway: GatewayContext,
  data: WebhookStatement,
  { keyId, signature }: NonNullable<WebhookAnswer['person']>,
): Promise<Voter> {
  const key = await standingSigningKey(gateway, keyId);
  const raw = fromBase64(signature);
  const bytes = Buffer.from(statementTag + canonicalJson(data), 'utf8');
  if (key?.person && raw !== undefined && gateway.keys.registry.verify(key.publicKey, bytes, raw)) return key;
  throw notOfPerson('"person" is no signature of a person over this statement');
}

async function bearerOf(
  gateway: GatewayContext,
  failed: FailedAttempts,
  senderId: string,
  token: string,
): Promise<Voter> {
  if (failed.lockedOutFor(senderId) !== undefined) {
    throw new CountersignError(
      'rate-limited',
      'Cannot take this webhook: too many API keys that this sender brought were not valid, expected one that stands; come back in five minutes',
    );
  }
  const check = await checkKey(gateway, token);
  if (check.kind === 'valid' && check.credential.person) {
    if (check.credential.scopes.includes('approvals:vote')) return check.credential;
    throw new CountersignError(
      'forbidden',
      'Cannot take this webhook: the API key in it lacks the scope "approvals:vote", expected one that has it; use another',
    );
  }
  failed.note(senderId);
  throw notOfPerson('the API key in Authorization is not one of a person that stands');
}

async function isFirst({ store, clock }: GatewayContext, { digest }: ProvenDelivery): Promise<boolean> {
  const now = clock.now();
  return await store.firstDelivery({ source: 'webhook', id: digest, now, forgetBefore: now - forgetAfterMs });
}

function notAnAnswer(is: string): CountersignError {
  return new CountersignError(
    'input-invalid',
    `Cannot take this webhook: ${is}, expected an answer as docs/webhooks.md says; correct it`,
  );
}

function notOfPerson(is: string): CountersignError {
  return new CountersignError(
    'unauthenticated',
    `Cannot take this webhook: ${is}, expected a person's own signature or API key; have the person answer again`,
  );
}
