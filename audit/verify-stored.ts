/**
 * What the store holds of a run beside the ledger: decisions, votes and orders are signed, cards and bodies have the digests that
 * signed objects name. Whoever writes the database could have changed any of it.
 */
import { signedVoteSchema } from '../core/contracts/approval.ts';
import { cardSchema } from '../core/contracts/approval.ts';
import { signedControlSchema } from '../core/contracts/control.ts';
import { type AskBody, type SignedDecision, signedDecisionSchema } from '../core/contracts/decision.ts';
import { digestJson, digestText } from '../core/digest.ts';
import { openEnvelope } from '../core/envelope.ts';
import { jsonOrUndefined } from '../core/json-or-undefined.ts';
import type { AuditStore, OpenedRecord, OpeningOptions } from './open-record.ts';
import { verifyLooks } from './verify-looks.ts';
import { verifyTellings } from './verify-tellings.ts';

/** @returns the store's decisions that verify, by digest */
export async function verifyStored(
  opened: OpenedRecord,
  store: AuditStore,
  options: OpeningOptions,
): Promise<Map<string, SignedDecision>> {
  const decisions = await verifyDecisionsStored(opened, store, options);
  await verifyVotesStored(opened, [...decisions.values()], store, options);
  await verifyCards(opened, [...decisions.values()], store, options);
  await verifyLooks(opened, [...decisions.values()], store, options);
  await verifyTellings(opened, [...decisions.values()], store, options);
  await verifyOrders(opened, [...decisions.values()], store, options);
  await verifyBodies(opened, [...decisions.values()], store, options);
  return decisions;
}

async function verifyDecisionsStored(
  { record, decisions }: OpenedRecord,
  store: AuditStore,
  { checks, registry, audience }: OpeningOptions,
): Promise<Map<string, SignedDecision>> {
  const stored = new Map<string, SignedDecision>();
  for (const row of await store.listDecisions(record.workflowId)) {
    const found = openEnvelope(row, { schema: signedDecisionSchema, audience, registry, now: null });
    const own = found.kind === 'opened' && found.signed.body.workflowId === record.workflowId;
    checks.expect('store-decisions', own, null, 'a stored decision is not signed by the gate, or is of another run');
    if (own) stored.set(digestJson('decision', found.signed), found.signed);
  }
  for (const { digest, entry } of decisions) {
    checks.expect('store-decisions', stored.has(digest), entry, 'the store does not hold this decision');
  }
  return stored;
}

/** The gateway stores a vote before it signals it, so what the history took as valid is there. */
async function verifyVotesStored(
  { votes }: OpenedRecord,
  decisions: readonly SignedDecision[],
  store: AuditStore,
  { checks, registry, audience }: OpeningOptions,
): Promise<void> {
  const stored = new Set<string>();
  const asks = decisions.flatMap((decision) => (decision.body.verdict === 'ask' ? [decision] : []));
  for (const ask of asks) {
    if (ask.body.verdict !== 'ask') continue;
    for (const { vote } of await store.votesByNonce(ask.body.ask.nonce)) {
      const opened = openEnvelope(vote, { schema: signedVoteSchema, audience, registry, now: null });
      checks.expect('store-votes', opened.kind === 'opened', null, 'a stored vote is not signed by the gateway');
      stored.add(digestJson('vote', vote));
    }
  }
  const nonces = new Set(asks.map(({ body }) => (body.verdict === 'ask' ? body.ask.nonce : '')));
  for (const { vote, digest, entry } of votes.values()) {
    if (!nonces.has(vote.body.nonce)) continue;
    // One vote of a principal for a request is kept; a second one reaches the history and not the store.
    const kept =
      stored.has(digest) ||
      [...votes.values()].some((other) => isTwin(other.vote.body, vote.body) && stored.has(other.digest));
    checks.expect('store-votes', kept, entry, 'the store does not hold this vote');
  }
}

function isTwin(one: { nonce: string; principal: string }, other: { nonce: string; principal: string }): boolean {
  return one.nonce === other.nonce && one.principal === other.principal;
}

async function verifyCards(
  { record, ticket }: OpenedRecord,
  decisions: readonly SignedDecision[],
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  const cards = new Map<string, string>();
  for (const { ask, card } of await store.listAsks({ workflowId: record.workflowId, limit: 1_000_000 })) {
    cards.set(digestJson('decision', ask), card);
  }
  for (const decision of decisions) {
    const { body } = decision;
    if (body.verdict !== 'ask') continue;
    const text = cards.get(digestJson('decision', decision));
    const there = text !== undefined && digestText('card', text) === body.ask.cardDigest;
    if (!checks.expect('store-cards', there, null, `request ${body.ask.approvalId} has no card, or another one`))
      continue;
    const says = cardSays(text ?? '', body, ticket?.body.agent ?? null);
    checks.expect(
      'store-cards',
      says,
      null,
      `the card of request ${body.ask.approvalId} shows something else than was asked`,
    );
  }
}

function cardSays(text: string, body: AskBody, agent: string | null): boolean {
  const card = cardSchema.safeParse(jsonOrUndefined(text)).data;
  return (
    card !== undefined &&
    card.approvalId === body.ask.approvalId &&
    card.kind === body.ask.kind &&
    card.times === body.ask.times &&
    card.tool === body.tool.name &&
    card.argumentsDigest === body.argumentsDigest &&
    card.requester === body.principal &&
    card.deadlineAt === body.ask.deadlineAt &&
    card.executeWithinMs === body.ask.executeWithinMs &&
    card.risk === body.risk &&
    (agent === null || card.agent === agent)
  );
}

/** The freeze or thaw of each decision's epoch, the activation of each policy that was asked beside those the run pinned. */
async function verifyOrders(
  { ticket }: OpenedRecord,
  decisions: readonly SignedDecision[],
  store: AuditStore,
  { checks, registry, audience }: OpeningOptions,
): Promise<void> {
  const rows = await store.listControl(['freeze', 'thaw', 'policy-activation', 'policy-layer']);
  const orders = rows.flatMap((row) => {
    const opened = openEnvelope(row, { schema: signedControlSchema, audience, registry, now: null });
    checks.expect('store-orders', opened.kind === 'opened', null, 'an order is not signed by the gateway');
    return opened.kind === 'opened' ? [opened.signed.body] : [];
  });
  for (const { body } of decisions) {
    const { freezeEpoch, activePolicyDigest, policyDigest } = body;
    const epoch = orders.find((order) => order.sequence === freezeEpoch && ['freeze', 'thaw'].includes(order.kind));
    const known = freezeEpoch === 0 || epoch !== undefined;
    checks.expect('store-orders', known, null, `the freeze or thaw of epoch ${freezeEpoch} is not there`);
    const open = body.verdict !== 'allow' || epoch?.kind !== 'freeze';
    checks.expect('store-orders', open, null, `${body.callKey} was permitted while the fleet was frozen`);
    const active =
      activePolicyDigest === policyDigest ||
      orders.some((order) => order.kind === 'policy-activation' && order.policyDigest === activePolicyDigest);
    checks.expect('store-orders', active, null, 'a policy was asked that nobody activated');
    for (const one of body.layers ?? []) {
      if (one.layer === 'pack') continue;
      const ordered =
        (ticket?.body.layers ?? []).some((pinned) => isVersion(pinned, one)) ||
        orders.some((order) => order.kind === 'policy-layer' && order.mode === 'enforce' && isVersion(order, one));
      checks.expect(
        'store-orders',
        ordered,
        null,
        `a policy of ${one.layer} ${one.name} was asked that nobody activated`,
      );
    }
  }
}

type Version = { layer: string; name: string; policyDigest: string | null };
function isVersion(one: Version, other: Version): boolean {
  return one.layer === other.layer && one.name === other.name && one.policyDigest === other.policyDigest;
}

async function verifyBodies(
  { ticket }: OpenedRecord,
  decisions: readonly SignedDecision[],
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  const ofTicket = ticket ? [ticket.body.packDigest, ticket.body.policyDigest] : [];
  const ofDecisions = decisions.flatMap(({ body }) => {
    const ofLayers = [...(body.layers ?? []), ...(body.shadow ?? [])].map(({ policyDigest }) => policyDigest);
    return [body.policyDigest, body.activePolicyDigest, ...ofLayers];
  });
  for (const digest of new Set([...ofTicket, ...ofDecisions])) {
    const text = await store.getBody(digest).catch(() => null);
    if (text === null) checks.skip('store-bodies', null, `pack or policy ${digest} is not in the store`);
    else checks.expect('store-bodies', digestText('body', text) === digest, null, `body ${digest} is another one`);
  }
}
