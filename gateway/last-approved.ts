/**
 * The last call like this one that people approved: the same tool, agent and environment, in whatever run. Only what the
 * gate signed and people voted for counts as approved; a row that somebody marked so does not.
 */
import { type CardSituation } from '../core/card/lay-out-card.ts';
import { compareArguments } from '../core/card/compare-arguments.ts';
import { signedVoteSchema } from '../core/contracts/approval.ts';
import type { Card } from '../core/contracts/approval.ts';
import { digestText } from '../core/digest.ts';
import { openEnvelope } from '../core/envelope.ts';
import type { GatewayContext } from './options.ts';
import { type OpenedAsk, openAsk } from './verified.ts';

/** Newest approved requests that are looked through. */
const lookedThrough = 100;

/** Null: there is none among the newest, or one of the two cannot be read whole. */
export async function lastApproved(
  gateway: GatewayContext,
  ask: OpenedAsk,
): Promise<NonNullable<CardSituation['lastApproved']> | null> {
  const rows = await gateway.store.listAsks({ outcome: 'approved', limit: lookedThrough }, () => undefined);
  const earlier = rows.filter((row) => row.nonce !== ask.row.nonce && row.kind === 'call');
  for (const row of earlier) {
    if (row.ask.body.tool.name !== ask.card.tool) continue;
    const opened = openAsk(gateway, row);
    if (!opened || !isLike(opened.card, ask.card)) continue;
    const by = await approversOf(gateway, opened);
    if (by.length < opened.body.ask.terms.quorum) continue;
    const [before, after] = await Promise.all([
      wholeArguments(gateway, opened.card),
      wholeArguments(gateway, ask.card),
    ]);
    if (before === null || after === null) return null;
    const at = row.closedAt ?? opened.body.ask.askedAt;
    return { approvalId: row.approvalId, at, by, ...compareArguments(before, after) };
  }
  return null;
}

/** RFC 8785 text of a card's arguments, whole; null where it was cut and the whole is not there. */
export async function wholeArguments({ store }: Pick<GatewayContext, 'store'>, card: Card): Promise<string | null> {
  if (!card.argumentsCut) return card.arguments;
  const text = card.argumentsBody === undefined ? null : await store.getBody(card.argumentsBody);
  return text !== null && digestText('arguments', text) === card.argumentsDigest ? text : null;
}

function isLike(one: Card, other: Card): boolean {
  return one.tool === other.tool && one.agent === other.agent && one.environment === other.environment;
}

async function approversOf({ store, keys, audience }: GatewayContext, { row, body }: OpenedAsk): Promise<string[]> {
  const options = { schema: signedVoteSchema, audience, registry: keys.registry, now: null };
  const votes = (await store.votesByNonce(row.nonce)).flatMap(({ vote, digest }) => {
    const opened = openEnvelope(vote, options);
    return opened.kind === 'opened' ? [{ ...opened.signed.body, digest }] : [];
  });
  const takenBack = new Set(votes.map(({ withdraws }) => withdraws));
  const approving = votes.filter(
    ({ verdict, cardDigest, digest }) =>
      verdict === 'approve' && cardDigest === body.ask.cardDigest && !takenBack.has(digest),
  );
  return approving.map(({ principal }) => principal);
}
