/**
 * Permits that rest on a grant: the gateway's signed record of it, its scope, time and number of use, and the votes that made
 * it stand. What it takes from outside the history is in the store, or in the export; without them it says it is unchecked.
 */
import { parseStrictJson } from '../core/canonical-json.ts';
import type { SignedVote } from '../core/contracts/approval.ts';
import { type ControlBody, signedControlSchema } from '../core/contracts/control.ts';
import type { PermitBody } from '../core/contracts/decision.ts';
import type { Grant, GrantedBy } from '../core/contracts/grant.ts';
import { requestersOf } from '../core/contracts/ticket.ts';
import { openEnvelope } from '../core/envelope.ts';
import { decideGrant, grantDigestOf } from '../core/grant/decide-grant.ts';
import { whyNotCovered } from '../core/grant/why-not-covered.ts';
import { isBetween } from './clock-bound.ts';
import type { OpenedDecision, OpenedRecord, OpeningOptions } from './open-record.ts';
import type { LocalEntry } from './record-types.ts';
import { evidenceOf, storedVotes } from './verify-votes-record.ts';

export async function verifyGrants(opened: OpenedRecord, options: OpeningOptions): Promise<void> {
  const { checks, store } = options;
  /** Which call and try took a number of a grant. */
  const taken = new Map<string, string>();
  for (const decision of opened.decisions) {
    const { body, entry } = decision;
    if (body.verdict !== 'allow' || !body.grant) continue;
    const expect = (holds: boolean, reason: string): boolean => checks.expect('grant', holds, entry, reason);
    expect(body.approval === null && body.purpose === 'execute', 'a permit rests on a grant and on something else');
    const number = `${body.grant.grantId} ${body.grant.use}`;
    const call = `${body.callKey} ${body.try}`;
    expect((taken.get(number) ?? call) === call, 'one use of a grant was taken twice');
    taken.set(number, call);
    if (!store) {
      checks.skip('grant', entry, 'the grant that it rests on is in the store, and none was given');
      continue;
    }
    const known = await findGrant(options, body.grant);
    if (!expect(known !== undefined, 'the grant that it rests on is not signed by the gateway, or is another one'))
      continue;
    if (!known) continue;
    verifyScope(opened, options, decision, body, known.grant);
    verifyTimes(options, decision, body.grant, known);
    await verifyVotes(opened, options, entry, body.grant, known.grant);
  }
}

interface FoundGrant {
  grant: Grant;
  /** Of the first revocation; null: it was not revoked. */
  revokedAt: number | null;
}

async function findGrant(
  options: OpeningOptions,
  { grantId, grantDigest }: GrantedBy,
): Promise<FoundGrant | undefined> {
  const orders = await openOrders(options, grantId);
  // The first of an id is the one that counts.
  const found = orders.find(({ body }) => body.kind === 'grant')?.body;
  if (found?.kind !== 'grant' || grantDigestOf(found.grant) !== grantDigest) return undefined;
  const revocation = orders.find(({ body }) => body.kind === 'grant-revocation');
  return { grant: found.grant, revokedAt: revocation?.issuedAt ?? null };
}

async function openOrders(
  { store, registry, audience }: OpeningOptions,
  grantId: string,
): Promise<{ body: ControlBody; issuedAt: number }[]> {
  const rows = (await store?.listControl(['grant', 'grant-revocation'])) ?? [];
  return rows
    .flatMap((row) => {
      const opened = openEnvelope(row, { schema: signedControlSchema, audience, registry, now: null });
      if (opened.kind === 'rejected') return [];
      const { body, issuedAt } = opened.signed;
      const id = body.kind === 'grant' ? body.grant.grantId : body.kind === 'grant-revocation' ? body.grantId : '';
      return id === grantId ? [{ body, issuedAt }] : [];
    })
    .toSorted((one, other) => one.body.sequence - other.body.sequence);
}

/** By what the permit itself says of the call, and the arguments that the history has for it. */
function verifyScope(
  { ticket }: OpenedRecord,
  { checks }: OpeningOptions,
  { entry, signed, result }: OpenedDecision,
  permit: PermitBody,
  grant: Grant,
): void {
  const { definitionDigest, name } = permit.tool;
  const parsed = parseStrictJson((result.kind === 'decided' ? result.arguments : null) ?? '');
  const isObject =
    parsed.kind === 'value' &&
    typeof parsed.value === 'object' &&
    parsed.value !== null &&
    !Array.isArray(parsed.value);
  if (!ticket) return checks.skip('grant', entry, 'there is no ticket that says whose run it is');
  const why =
    isObject && definitionDigest !== null
      ? whyNotCovered(grant, {
          workflowId: permit.workflowId,
          runEpoch: permit.runEpoch,
          agent: ticket.body.agent,
          environment: ticket.body.environment,
          tool: { name, definitionDigest },
          arguments: parsed.value as Readonly<Record<string, unknown>>,
          try: permit.try,
          rules: permit.rules.filter(({ effect }) => effect === 'ask').map(({ id }) => id),
          labels: permit.labels,
          risk: permit.risk,
          terms: grant.request.terms,
          now: signed.issuedAt,
        })
      : 'its arguments are not in the record';
  checks.expect('grant', why === undefined, entry, `the grant does not cover the call: ${why}`);
  checks.expect('grant', (permit.grant?.use ?? 0) <= grant.uses, entry, 'the grant was used more often than it allows');
}

function verifyTimes(
  { checks }: OpeningOptions,
  { entry, signed }: OpenedDecision,
  { executeByAt }: GrantedBy,
  { grant, revokedAt }: FoundGrant,
): void {
  const inTime = executeByAt <= grant.expiresAt && (signed.expiresAt ?? Number.POSITIVE_INFINITY) <= executeByAt;
  checks.expect('grant', inTime, entry, 'the permit lives longer than the grant');
  const before = revokedAt === null || isBetween(signed.issuedAt, 0, revokedAt);
  checks.expect('grant', before, entry, 'the grant had been revoked');
}

async function verifyVotes(
  opened: OpenedRecord,
  options: OpeningOptions,
  entry: LocalEntry,
  { nonce, voteDigests }: GrantedBy,
  grant: Grant,
): Promise<void> {
  const { checks } = options;
  const stored = await storedVotes(options, grant.request.nonce);
  const votes: SignedVote[] = voteDigests.flatMap(
    (digest) => opened.votes.get(digest)?.vote ?? stored.get(digest) ?? [],
  );
  const there = votes.length === voteDigests.length && nonce === grant.request.nonce;
  if (!checks.expect('grant', there, entry, 'a vote that the grant rests on is nowhere')) return;
  const requesters = opened.ticket && !grant.request.terms.requesterMayApprove ? requestersOf(opened.ticket.body) : [];
  const evidence = votes.map((vote) => evidenceOf(vote, !requesters.includes(vote.body.principal)));
  const decided = decideGrant(grant, evidence);
  const enough =
    decided.outcome === 'approved' &&
    decided.countedDigests.length === voteDigests.length &&
    decided.countedDigests.every((digest) => voteDigests.includes(digest));
  checks.expect(
    'grant',
    enough,
    entry,
    'the votes do not approve the grant: too few, late, for another, or of a requester',
  );
}
