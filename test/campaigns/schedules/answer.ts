/** What people answer to a request of a played run, as the gateway sends it, and what they take back or give besides. */
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson } from '../../../core/canonical-json.ts';
import type { SignedVote, VoteBody } from '../../../core/contracts/approval.ts';
import type { Grant } from '../../../core/contracts/grant.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import type { AskRow } from '../../../store/store.ts';
import { grantDigestOf, grantFor } from '../../support/grants.ts';
import type { SentFact, VoteFact } from './facts.ts';
import { grantedPrefix } from './sending-pack.ts';
import { newestAsk, type Play, signal } from './played-run.ts';
import type { Step } from './schedule.ts';

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

const lateMs = 20;
/** Of the played run: a second approver joins the grant that is proposed. */
const grantsByNonce = new Map<string, Grant>();

export async function vote(play: Play, { by, verdict, call, how, when }: StepOf<'vote'>): Promise<void> {
  const ask = await newestAsk(play, call);
  if (!ask) return;
  if (when === 'just-late') await delay(Math.max(0, ask.deadlineAt + lateMs - Date.now()));
  const editedTo = verdict === 'edit' ? `edit-${play.facts.votes.length}` : null;
  const edits = editedTo === null ? {} : { edits: await laidDown(play, { name: editedTo }) };
  await cast(play, ask, { verdict, principal: play.named(by), ...edits }, { how, editedTo, grantId: null });
}

export async function grant(play: Play, { by, call, uses, lifeMs }: StepOf<'grant'>): Promise<void> {
  const ask = await newestAsk(play, call);
  if (!ask) return;
  const { harness, facts } = play;
  const principal = play.named(by);
  let given = grantsByNonce.get(ask.nonce);
  if (!given) {
    const { name: agent, environment } = harness.pack.body;
    const covers: Grant['arguments'] = { name: { kind: 'like', globs: [`${grantedPrefix}*`] } };
    const expiresAt = Date.now() + lifeMs;
    const scope = { agent, environment, scope: 'run', arguments: covers, proposedBy: principal } as const;
    given = grantFor(ask, { ...scope, uses, expiresAt });
    grantsByNonce.set(ask.nonce, given);
    facts.grants.push({ grantId: given.grantId, nonce: ask.nonce, prefix: grantedPrefix, uses, expiresAt });
    await harness.desk.control({ kind: 'grant', grant: given });
  }
  const { grantId } = given;
  await cast(play, ask, { principal, grantDigest: grantDigestOf(given) }, { how: 'both', editedTo: null, grantId });
}

export async function revokeGrants({ harness, facts }: Play): Promise<void> {
  for (const { grantId } of facts.grants) {
    if (facts.grantRevocations.some((one) => one.grantId === grantId)) continue;
    await harness.desk.control({ kind: 'grant-revocation', grantId, by: 'rita', reason: null });
    facts.grantRevocations.push({ grantId, doneAt: Date.now() });
  }
}

export async function withdraw(play: Play, { by, call, how }: StepOf<'withdraw'>): Promise<void> {
  const ask = await newestAsk(play, call);
  const principal = play.named(by);
  const own = play.facts.votes.find(
    (one) => one.nonce === ask?.nonce && one.principal === principal && one.verdict === 'approve' && one.storedAt,
  );
  if (!ask || !own) return;
  const { harness, facts } = play;
  const changes = { verdict: 'withdraw', withdraws: own.digest, principal } as const;
  const signed = harness.desk.vote(ask, { ...changes, roles: [] });
  const fact = { ...times(signed), withdraws: own.digest };
  facts.withdrawals.push(fact);
  if (!(await store(play, signed, fact))) facts.withdrawals.splice(facts.withdrawals.indexOf(fact), 1);
  else if (how !== 'stored') await send(play, signed, fact);
}

async function cast(
  play: Play,
  ask: AskRow,
  changes: Partial<VoteBody>,
  { how, editedTo, grantId }: Pick<VoteFact, 'editedTo' | 'grantId'> & Pick<StepOf<'vote'>, 'how'>,
): Promise<void> {
  const { harness, facts } = play;
  const signed = harness.desk.vote(ask, { ...changes, reason: null });
  const { callKey, verdict } = signed.body;
  if (verdict === 'withdraw' || verdict === 'break-glass') throw new TypeError(`no schedule answers with ${verdict}`);
  const fact: VoteFact = { ...times(signed), callKey, verdict, digest: digestJson('vote', signed), editedTo, grantId };
  // Before it is sent: whatever follows from it must find it here.
  facts.votes.push(fact);
  if (how !== 'signalled' && !(await store(play, signed, fact))) {
    // A second one of the same person: the gateway keeps the first and sends nothing.
    facts.votes.splice(facts.votes.indexOf(fact), 1);
    return;
  }
  if (how !== 'stored') await send(play, signed, fact);
}

function times({ body: { nonce, principal, castAt } }: SignedVote): SentFact {
  return { nonce, principal, castAt, storedAt: null, signalledAt: null };
}

async function store({ harness }: Play, signed: SignedVote, fact: SentFact): Promise<boolean> {
  const stored = await harness.store.storeVote(signed, digestJson('vote', signed));
  if (stored.kind === 'duplicate') return false;
  fact.storedAt = Date.now();
  return true;
}

async function send(play: Play, signed: SignedVote, fact: SentFact): Promise<void> {
  if (await signal(play, 'vote', signed)) fact.signalledAt = Date.now();
}

/** Where the gate finds them; in the vote is their digest. */
async function laidDown({ harness }: Play, args: { name: string }): Promise<NonNullable<VoteBody['edits']>> {
  const canonical = canonicalJson(args);
  return {
    argumentsDigest: digestText('arguments', canonical),
    argumentsBody: await harness.store.putBody(canonical),
  };
}
