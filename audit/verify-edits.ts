/**
 * Edits: each is a person's signed vote for the request it ended, the call goes on with exactly what that vote names, and later
 * requests of the call say who edited it. That none of them approved it follows from the requests, with the approvals.
 */
import { decideApproval } from '../core/approval.ts';
import { type SignedVote, signedVoteSchema } from '../core/contracts/approval.ts';
import type { DenialBody, TakenEdit } from '../core/contracts/decision.ts';
import { digestJson, digestText } from '../core/digest.ts';
import { openEnvelope } from '../core/envelope.ts';
import type { OpenedDecision, OpenedRecord, OpeningOptions } from './open-record.ts';
import { asksOf, type OpenedAsk } from './verify-decisions.ts';
import { evidenceOf, mayVote } from './verify-votes-record.ts';

export async function verifyEdits(opened: OpenedRecord, options: OpeningOptions): Promise<void> {
  const asks = new Map(asksOf(opened).map((ask) => [ask.body.ask.nonce, ask]));
  /** Taken so far, by call, each once: a reset's history repeats those from before the fork. */
  const taken = new Map<string, Map<string, TakenEdit>>();
  const seen = new Set<string>();
  for (const decision of opened.decisions) {
    const { body, digest } = decision;
    // A reset's copy of a request from before an edit does not know of it, though the edit stands before it, in the link that was reset.
    if (seen.has(digest)) continue;
    seen.add(digest);
    const ofCall = taken.get(body.callKey) ?? new Map<string, TakenEdit>();
    taken.set(body.callKey, ofCall);
    if (body.verdict === 'ask') verifyAsk(decision, [...ofCall.values()], options);
    if (body.verdict === 'deny') await verifyDenial(opened, options, decision, body, asks, [...ofCall.values()]);
    if (body.verdict === 'deny' && body.edit) ofCall.set(body.edit.voteDigest, body.edit);
  }
}

async function verifyDenial(
  opened: OpenedRecord,
  options: OpeningOptions,
  { entry, result }: OpenedDecision,
  body: DenialBody,
  asks: ReadonlyMap<string, OpenedAsk>,
  before: readonly TakenEdit[],
): Promise<void> {
  const { checks } = options;
  const { edit } = body;
  const byPerson = body.rules.some((rule) => rule.id === 'edited-by-person');
  if (!edit) {
    if (byPerson)
      checks.expect('edit', false, entry, 'the rule says that a person edited it, and nothing says to what');
    return;
  }
  const others = before.filter(({ voteDigest }) => voteDigest !== edit.voteDigest);
  const first = others[0]?.originalDigest ?? body.argumentsDigest;
  const follows =
    byPerson &&
    body.outcome === 'superseded' &&
    edit.coAuthors.includes(edit.by) &&
    (others.length < before.length || edit.number > (others.at(-1)?.number ?? 0)) &&
    (others.length < before.length || edit.originalDigest === first) &&
    others.every((one) => one.number > edit.number || one.coAuthors.every((who) => edit.coAuthors.includes(who)));
  checks.expect('edit', follows, entry, 'the edit does not follow from those before it');
  const text = result.kind === 'decided' ? result.edited : undefined;
  const goesOn = text !== undefined && digestText('arguments', text) === edit.argumentsDigest;
  checks.expect('edit', goesOn, entry, 'the call goes on with other arguments than it was edited to');
  const found = asks.get(body.nonce ?? '');
  if (!found) return checks.skip('edit', entry, 'the request that was edited is not in the record');
  const vote =
    opened.votes.get(edit.voteDigest)?.vote ?? (await storedVote(options, body.nonce ?? '', edit.voteDigest));
  if (!vote) {
    if (options.store) checks.expect('edit', false, entry, 'the vote that edited it is nowhere');
    else checks.skip('edit', entry, 'the vote that edited it is not in the record, and no store was given');
    return;
  }
  const { ask } = found.body;
  const { outcome } = decideApproval({
    ask,
    askDigest: found.decision.digest,
    closed: true,
    votes: [evidenceOf(vote, mayVote(opened, found.body, vote))],
  });
  const says =
    outcome === 'superseded' &&
    vote.body.principal === edit.by &&
    vote.body.edits?.argumentsDigest === edit.argumentsDigest &&
    vote.body.edits.argumentsBody === edit.argumentsBody &&
    edit.argumentsDigest !== found.body.argumentsDigest;
  checks.expect(
    'edit',
    says,
    entry,
    'nobody’s vote edits it so: late, unfitting, of the requester, or to something else',
  );
}

/** Whoever edited the call is named by each of its later requests; and edited arguments are those of an edit. */
function verifyAsk({ entry, body }: OpenedDecision, edits: readonly TakenEdit[], { checks }: OpeningOptions): void {
  if (body.verdict !== 'ask') return;
  const { coAuthors = [], edited } = body.ask;
  if (edits.length > 0) {
    const named = edits.every((edit) => edit.coAuthors.every((who) => coAuthors.includes(who)));
    checks.expect('edit', named, entry, 'the request does not name everybody who edited the call');
    const last = edits.findLast(({ argumentsDigest }) => argumentsDigest === body.argumentsDigest);
    checks.expect(
      'edit',
      edited?.voteDigest === last?.voteDigest,
      entry,
      'the request is of another edit than it says',
    );
  }
  if (edited === undefined) return;
  const own = edits.find(({ voteDigest }) => voteDigest === edited.voteDigest);
  const fits =
    own !== undefined &&
    own.argumentsDigest === body.argumentsDigest &&
    own.number === edited.number &&
    own.originalDigest === edited.originalDigest;
  checks.expect('edit', fits, entry, 'the request says that it was edited, and no edit made it so');
}

async function storedVote(
  { store, registry, audience }: OpeningOptions,
  nonce: string,
  digest: string,
): Promise<SignedVote | undefined> {
  for (const { vote } of (await store?.votesByNonce(nonce)) ?? []) {
    const opened = openEnvelope(vote, { schema: signedVoteSchema, audience, registry, now: null });
    if (opened.kind === 'opened' && digestJson('vote', opened.signed) === digest) return opened.signed;
  }
  return undefined;
}
