/** A sender of answers as a system would write one, with every part of a delivery for a test to change. */
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { makeSigningKey } from '../../../gateway/make-key.ts';
import type { VoteBody } from '../../../core/contracts/approval.ts';
import type { AskRow } from '../../../store/store.ts';
import { type Answer, startWorld, type World } from './gateway-world.ts';

export interface SigningParty {
  keyId: string;
  privateKey: string;
}

export interface Delivery {
  headers: Record<string, string>;
  body: string;
}

export const door = '/v1/webhooks/answers';

/** Enrolled by HTTP, as an administrator does it. */
export async function enrolSigner(
  world: World,
  admin: string,
  principal: string,
  changes: { person?: boolean; roles?: string[]; expiresInMs?: number } = {},
): Promise<SigningParty> {
  const { keyId, privateKey, publicKey, proof } = makeSigningKey();
  const answer = await world.call('POST', '/v1/keys', {
    key: admin,
    body: {
      principal,
      roles: ['operator'],
      person: false,
      scopes: ['approvals:vote'],
      expiresInMs: 3_600_000,
      own: { keyId, publicKey, proof },
      ...changes,
    },
  });
  if (answer.status !== 201) throw new Error(`not enrolled: ${answer.text}`);
  return { keyId, privateKey };
}

export function signature({ privateKey }: SigningParty, text: string): string {
  return sign(null, Buffer.from(text, 'utf8'), createPrivateKey(privateKey)).toString('base64');
}

export function statementOf(
  world: World,
  sender: SigningParty,
  row: AskRow,
  verdict: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  const { cardDigest } = row.ask.body.ask;
  const { nonce, askDigest } = row;
  return {
    sender: sender.keyId,
    nonce,
    askDigest,
    cardDigest,
    verdict,
    reason: null,
    answeredAt: world.clock.at,
    ...more,
  };
}

/** What a sender delivers: a system's own answer. */
export function answerOf(
  world: World,
  ...[sender, row, verdict, more]: [SigningParty, AskRow, string, Record<string, unknown>?]
) {
  return { type: 'approval.answer', data: statementOf(world, sender, row, verdict, more) };
}

/** A gateway with a system that may deny, a person who signs, and one request. */
export async function startAnswers() {
  const world = await startWorld();
  const admin = await world.key('root');
  const scanner = await enrolSigner(world, admin, 'scanner');
  const bob = await enrolSigner(world, admin, 'bob', { person: true });
  return { world, admin, scanner, bob, ask: await world.ask(1) };
}

export async function votesFor(world: World, { nonce }: AskRow): Promise<VoteBody[]> {
  return (await world.store.votesByNonce(nonce)).map(({ vote: { body } }) => body);
}

export function saidBy(person: SigningParty, data: Record<string, unknown>): { keyId: string; signature: string } {
  return { keyId: person.keyId, signature: signature(person, `countersign/v1/answer\n${canonicalJson(data)}`) };
}

export function delivery(
  world: World,
  sender: SigningParty,
  content: unknown,
  { id = `msg_${randomUUID()}`, at = world.clock.at }: { id?: string; at?: number } = {},
): Delivery {
  const body = typeof content === 'string' ? content : JSON.stringify(content);
  const timestamp = String(Math.floor(at / 1000));
  return {
    body,
    headers: {
      'countersign-key': sender.keyId,
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1a,${signature(sender, `${id}.${timestamp}.${body}`)}`,
    },
  };
}

export async function deliver(world: World, { headers, body }: Delivery, key?: string): Promise<Answer> {
  return await world.call('POST', door, { body, headers, key });
}
