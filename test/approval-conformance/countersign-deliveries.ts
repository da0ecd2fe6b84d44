/** Answers that a system delivers to ours by webhook, and those that somebody forges, repeats, or puts together from stolen parts. */
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';
import { type FreshSigningKey, makeSigningKey } from '../../gateway/make-key.ts';
import { enrolSigningKey } from '../../gateway/mint-api-key.ts';
import type { GatewayOptions } from '../../gateway/options.ts';
import type { DeliveryOrder, VoteAnswer } from './driver.ts';

const keyLifeMs = 3_600_000;

export interface Deliveries {
  deliver: (order: DeliveryOrder) => Promise<VoteAnswer>;
}

/** @param suffix of this driver's people and systems */
export function createDeliveries(options: GatewayOptions, url: () => string, suffix: string): Deliveries {
  const keys = new Map<string, FreshSigningKey>();

  async function keyOf(name: string, person: boolean): Promise<FreshSigningKey> {
    const known = keys.get(name);
    if (known) return known;
    const made = makeSigningKey();
    const order = {
      principal: name + suffix,
      roles: ['operator'],
      person,
      scopes: ['approvals:vote' as const],
      expiresAt: Date.now() + keyLifeMs,
      mintedBy: 'root',
      mintedWith: 'rootrootroot',
    };
    await enrolSigningKey(options, order, made);
    keys.set(name, made);
    return made;
  }

  async function answerOf({ request, of, source, verdict }: DeliveryOrder, sender: string): Promise<string> {
    const about = async (id: string) => {
      const row = await options.store.getAsk(id);
      if (row?.ask.body.verdict !== 'ask') throw new Error('there is no such request');
      const { nonce, askDigest } = row;
      const { cardDigest } = row.ask.body.ask;
      return { sender, nonce, askDigest, cardDigest, verdict, reason: null, answeredAt: Date.now() };
    };
    const data = await about(request.id);
    if (of === undefined) return JSON.stringify({ type: 'approval.answer', data });
    const person = await keyOf(of, true);
    const said = source ? await about(source.id) : data;
    const signature = signed(person, `countersign/v1/answer\n${canonicalJson(said)}`);
    return JSON.stringify({ type: 'approval.answer', data, person: { keyId: person.keyId, signature } });
  }

  return {
    async deliver(order) {
      const system = await keyOf('scanner', false);
      const by = order.flaw === 'forged' ? makeSigningKey() : system;
      const body = await answerOf(order, system.keyId);
      const [id, timestamp] = [`msg_${randomUUID()}`, String(Math.floor(Date.now() / 1000))];
      const headers = {
        'content-type': 'application/json',
        'countersign-key': system.keyId,
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1a,${signed(by, `${id}.${timestamp}.${body}`)}`,
      };
      const send = async () => await fetch(new URL('/v1/webhooks/answers', url()), { method: 'POST', headers, body });
      if (order.flaw === 'replayed') await answerIn(await send());
      return await answerIn(await send());
    },
  };
}

function signed({ privateKey }: FreshSigningKey, text: string): string {
  return sign(null, Buffer.from(text, 'utf8'), createPrivateKey(privateKey)).toString('base64');
}

async function answerIn(response: Response): Promise<VoteAnswer> {
  const { status } = (await response.json()) as { status?: unknown };
  if (!response.ok) return 'refused';
  return status === 'applied' || status === 'recorded' ? 'counted' : 'refused';
}
