/**
 * Votes: what arrived is what was checked, approvals rest on enough fitting votes cast in time, and an expiry is nobody’s
 * denial. Votes that the record lacks are looked for in the store; without one they are said to be unchecked.
 */
import { decideApproval, type VoteEvidence } from '../core/approval.ts';
import { isNamedBy } from '../core/approver-set.ts';
import { type SignedVote, signedVoteSchema } from '../core/contracts/approval.ts';
import { signedControlSchema } from '../core/contracts/control.ts';
import type { AskBody, PermitBody } from '../core/contracts/decision.ts';
import { signalNames } from '../core/contracts/run-names.ts';
import { requestersOf } from '../core/contracts/ticket.ts';
import { digestJson, digestText } from '../core/digest.ts';
import { openEnvelope } from '../core/envelope.ts';
import { type OpenedDecision, type OpenedRecord, type OpeningOptions } from './open-record.ts';
import { readVerifiedVotes } from './read-results.ts';
import { entriesOf, type LocalEntry } from './record-types.ts';
import { asksOf, type OpenedAsk } from './verify-decisions.ts';

export async function verifyVotesOfRecord(opened: OpenedRecord, options: OpeningOptions): Promise<void> {
  verifyArrivals(opened, options);
  const asks = new Map(asksOf(opened).map((ask) => [ask.body.ask.nonce, ask]));
  for (const decision of opened.decisions) {
    const { body } = decision;
    if (body.verdict === 'allow' && body.approval) {
      await verifyApproval(opened, options, decision, body, asks.get(body.approval.nonce));
    }
    if (body.verdict === 'deny') await verifyDenial(opened, options, decision, asks.get(body.nonce ?? ''));
  }
}

/** Batches are of at most this many. */
const batchSize = 50;

/** What was answered must have arrived, and what arrived must have been answered or still wait. */
function verifyArrivals({ record }: OpenedRecord, { checks, registry, audience }: OpeningOptions): void {
  const signals = entriesOf(record.links, 'signal').filter((entry) => entry.name === signalNames.vote);
  const arrived = new Set(signals.flatMap((signal) => digestsOf(signal.input[0])));
  const answers = entriesOf(record.links, 'local').flatMap(answersOf);
  const answered = new Set(answers.map(({ digest }) => digest));
  for (const { entry, digest } of answers) {
    checks.expect('vote-recorded', arrived.has(digest), entry, 'a vote was checked that never arrived as it is');
  }
  // What has not a vote's shape is counted by the run and looked at by nobody.
  for (const signal of signals.filter(({ input }) => signedVoteSchema.safeParse(input[0]).success)) {
    const looked = answers.some(({ entry }) => entry.link === signal.link && entry.eventId > signal.eventId);
    const few = signals.filter(({ link }) => link === signal.link).length <= batchSize;
    if (!looked || !few) continue;
    const known = digestsOf(signal.input[0]).some((digest) => answered.has(digest));
    checks.expect('vote-recorded', known, signal, 'a vote arrived and what was checked is another one');
  }
  for (const { entry, digest, failure } of answers) {
    if (failure !== 'bad-signature') continue;
    const signal = signals.find((one) => digestsOf(one.input[0]).includes(digest));
    const opens =
      openEnvelope(signal?.input[0], { schema: signedVoteSchema, audience, registry, now: null }).kind === 'opened';
    checks.expect('vote-recorded', !opens, entry, 'a vote that verifies was recorded as forged');
  }
}

function answersOf(entry: LocalEntry): { entry: LocalEntry; digest: string; failure: string | null }[] {
  if (entry.activityType !== 'verifyVotes' || entry.failed) return [];
  return (readVerifiedVotes(entry.result) ?? []).map((answer) => ({
    entry,
    digest: answer.digest,
    failure: answer.kind === 'invalid' ? answer.failure : null,
  }));
}

/** A vote is named by its digest as a vote where it is one, and as unknown bytes where it is not. */
function digestsOf(value: unknown): string[] {
  try {
    return [digestJson('vote', value), digestJson('undecodable', value)];
  } catch {
    return [digestText('undecodable', String(value))];
  }
}

async function verifyApproval(
  opened: OpenedRecord,
  options: OpeningOptions,
  { entry, signed }: OpenedDecision,
  permit: PermitBody,
  found: OpenedAsk | undefined,
): Promise<void> {
  const { checks } = options;
  const { approval } = permit;
  if (!approval) return;
  if (!found) return checks.skip('approval', entry, 'the request that it rests on is not in the record');
  const { ask } = found.body;
  const fits =
    found.decision.digest === approval.askDigest &&
    ask.kind === 'call' &&
    ask.callKeys.includes(permit.callKey) &&
    ask.approvalId === approval.approvalId &&
    found.body.tool.name === permit.tool.name &&
    found.body.tool.definitionDigest === permit.tool.definitionDigest &&
    found.body.argumentsDigest === permit.argumentsDigest &&
    found.body.runEpoch === permit.runEpoch;
  checks.expect('approval', fits, entry, 'the permit is for something else than what was asked');
  const stored = await storedVotes(options, ask.nonce);
  const votes: SignedVote[] = [];
  for (const digest of approval.voteDigests) {
    const vote = opened.votes.get(digest)?.vote ?? stored.get(digest);
    if (vote) votes.push(vote);
    else if (options.store) checks.expect('approval', false, entry, 'a vote that it rests on is nowhere');
    else checks.skip('approval', entry, 'a vote that it rests on is not in the record, and no store was given');
  }
  if (votes.length < approval.voteDigests.length) return;
  const decided = decideApproval({
    ask,
    askDigest: approval.askDigest,
    closed: true,
    votes: votes.map((vote) => evidenceOf(vote, mayVote(opened, found.body, vote))),
  });
  const enough = decided.outcome === 'approved' && sameSet(decided.countedDigests, approval.voteDigests);
  checks.expect(
    'approval',
    enough,
    entry,
    'the votes do not approve it: too few, late, unfitting, or of the requester',
  );
  const executeByAt = (decided.decidedBy?.body.castAt ?? 0) + ask.executeWithinMs;
  const inTime = approval.executeByAt === executeByAt && (signed.expiresAt ?? Number.POSITIVE_INFINITY) <= executeByAt;
  checks.expect('approval', !enough || inTime, entry, 'the permit lives longer than the approval');
  verifyNotDenied(opened, options, entry, found, votes);
}

/** Denials that the run had checked before the permit, by people who may vote: with the approvals, they must not deny. */
function verifyNotDenied(
  opened: OpenedRecord,
  { checks }: OpeningOptions,
  permit: LocalEntry,
  { body, decision }: OpenedAsk,
  approvals: readonly SignedVote[],
): void {
  const denials = [...opened.votes.values()].flatMap(({ vote, entry }) =>
    entry?.link === permit.link &&
    entry.eventId < permit.eventId &&
    vote.body.verdict === 'deny' &&
    vote.body.nonce === body.ask.nonce
      ? [evidenceOf(vote, mayVote(opened, body, vote) && isNamed(body, vote))]
      : [],
  );
  const votes = [...approvals.map((vote) => evidenceOf(vote, true)), ...denials];
  const { outcome } = decideApproval({ ask: body.ask, askDigest: decision.digest, closed: true, votes });
  // One denial is enough against one person's word, also where the terms want more of them.
  const isBroken = approvals.some((vote) => vote.body.verdict === 'break-glass');
  const holds = isBroken ? outcome === 'approved' : outcome !== 'denied';
  checks.expect('approval', holds, permit, 'people who may vote had denied it before');
}

async function verifyDenial(
  opened: OpenedRecord,
  options: OpeningOptions,
  { entry, body, signed }: OpenedDecision,
  found: OpenedAsk | undefined,
): Promise<void> {
  const { checks } = options;
  if (body.verdict !== 'deny') return;
  const byPerson = body.rules.some((rule) => rule.id === 'denied-by-person');
  checks.expect(
    'denial',
    byPerson === (body.outcome === 'denied'),
    entry,
    'the rule and the outcome disagree on who denied',
  );
  if (body.nonce === null || !found) {
    if (body.outcome === 'denied') checks.skip('denial', entry, 'the request that was denied is not in the record');
    return;
  }
  const { ask } = found.body;
  if (body.outcome === 'expired')
    checks.expect('denial', signed.issuedAt > ask.deadlineAt, entry, 'it expired before its deadline');
  if (body.outcome === 'denied') {
    const stored = await storedVotes(options, ask.nonce);
    const cast = new Map([...opened.votes].map(([digest, { vote }]) => [digest, vote]));
    for (const [digest, vote] of stored) cast.set(digest, vote);
    const denials = [...cast.values()].filter(({ body: said }) => said.verdict === 'deny' && said.nonce === ask.nonce);
    const votes = denials.map((vote) => evidenceOf(vote, true));
    const { outcome } = decideApproval({ ask, askDigest: found.decision.digest, closed: false, votes });
    const denial = outcome === 'denied';
    if (denial || options.store) checks.expect('denial', denial, entry, 'nobody’s vote denies it');
    else checks.skip('denial', entry, 'the vote that denied it is not in the record, and no store was given');
  }
  if (ask.kind === 'reconcile' && body.outcome === 'approved') await verifyAnswer(options, entry, found.body);
}

/** A person’s answer about what became of an effect is a control record of the store. */
async function verifyAnswer(options: OpeningOptions, entry: LocalEntry, body: AskBody): Promise<void> {
  const { checks, store, registry, audience } = options;
  if (!store)
    return checks.skip('denial', entry, 'the answer to the reconcile request is in the store, and none was given');
  const rows = await store.listControl(['reconcile-answer']);
  const answered = rows.some((row) => {
    const opened = openEnvelope(row, { schema: signedControlSchema, audience, registry, now: null });
    const answer = opened.kind === 'opened' ? opened.signed.body : undefined;
    return answer?.kind === 'reconcile-answer' && answer.nonce === body.ask.nonce && answer.callKey === body.callKey;
  });
  checks.expect('denial', answered, entry, 'nobody’s signed answer says what became of the effect');
}

export async function storedVotes(
  { store, registry, audience }: OpeningOptions,
  nonce: string,
): Promise<Map<string, SignedVote>> {
  const rows = (await store?.votesByNonce(nonce)) ?? [];
  const votes = new Map<string, SignedVote>();
  for (const { vote } of rows) {
    const opened = openEnvelope(vote, { schema: signedVoteSchema, audience, registry, now: null });
    if (opened.kind === 'opened') votes.set(digestJson('vote', opened.signed), opened.signed);
  }
  return votes;
}

export function evidenceOf(vote: SignedVote, eligible: boolean): VoteEvidence {
  return { vote, digest: digestJson('vote', vote), valid: true, eligible };
}

/** What the record can say of it: separation of duties. Roles of that time are the gate's word. */
export function mayVote({ ticket }: OpenedRecord, { ask }: AskBody, vote: SignedVote): boolean {
  return ask.terms.requesterMayApprove || !ticket || !requestersOf(ticket.body).includes(vote.body.principal);
}

/** Whom the terms name now or would name later. */
function isNamed({ ask: { terms } }: AskBody, { body }: SignedVote): boolean {
  return [terms.approvers, ...(terms.escalation ? [terms.escalation.to] : [])].some((set) => isNamedBy(set, body));
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value));
}
