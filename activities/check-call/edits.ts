/**
 * Edits of a call as the gate knows them: by its own signed decisions, those stored and the one handed over together, so that
 * neither a workflow nor a writer of the database can make an editor be forgotten. An edit allows nothing: it ends a request,
 * and the call comes to the gate anew with what the person made of it.
 */
import type { CheckCallResult } from '../../core/contracts/activities.ts';
import type { SignedVote } from '../../core/contracts/approval.ts';
import { type SignedDecision, signedDecisionSchema, type TakenEdit } from '../../core/contracts/decision.ts';
import { digestJson, digestText } from '../../core/digest.ts';
import { openEnvelope } from '../../core/envelope.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import { denyBy, gateRule, type Gating } from './gating.ts';
import type { Standing } from './standing.ts';
import type { OwnAsk } from './weigh-votes.ts';

/** In the order in which they were taken. @throws {CountersignError} `store-unavailable` */
export async function editsOfCall(
  { store, audience, registry }: CheckCallDependencies,
  { callKey }: Pick<Standing, 'callKey'>,
  handedOver?: SignedDecision,
): Promise<TakenEdit[]> {
  const byVote = new Map<string, TakenEdit>();
  for (const candidate of [...(await store.editsOf(callKey)), ...(handedOver ? [handedOver] : [])]) {
    const opened = openEnvelope(candidate, { schema: signedDecisionSchema, audience, registry, now: null });
    if (opened.kind === 'rejected') continue;
    const { body } = opened.signed;
    if (body.verdict === 'deny' && body.edit && body.callKey === callKey) byVote.set(body.edit.voteDigest, body.edit);
  }
  return [...byVote.values()].toSorted((a, b) => a.number - b.number);
}

export function coAuthorsOf(edits: readonly TakenEdit[]): string[] {
  return [...new Set(edits.flatMap(({ coAuthors }) => coAuthors))];
}

/** Both are this call's: as the agent asked it, or as people made it. */
export function areOneCall(edits: readonly TakenEdit[], one: string | null, other: string | null): boolean {
  const own = new Set(edits.flatMap(({ originalDigest, argumentsDigest }) => [originalDigest, argumentsDigest]));
  return one !== null && other !== null && own.has(one) && own.has(other);
}

/**
 * Ends the request by the edit that decided it. What the vote names must be there and be that: else the call is refused, for
 * nobody asked for anything else any more.
 */
export async function takeEdit(gating: Gating, own: OwnAsk, vote: SignedVote): Promise<CheckCallResult> {
  const { dependencies, standing, input, call } = gating;
  const { store } = dependencies;
  const closes = { nonce: own.body.ask.nonce, outcome: 'superseded' as const };
  const { principal, edits: said } = vote.body;
  const text = said ? await readArguments(dependencies, said) : undefined;
  if (!said || text === undefined) {
    return await denyBy(
      gating,
      [gateRule('edit-lost', 'what the arguments were edited to is not in the store')],
      closes,
    );
  }
  const before = await editsOfCall(dependencies, standing, input.edit);
  const [first] = before;
  const edit: TakenEdit = {
    voteDigest: digestJson('vote', vote),
    by: principal,
    number: (before.at(-1)?.number ?? 0) + 1,
    ...said,
    originalDigest: first?.originalDigest ?? call.argumentsDigest,
    originalBody: first?.originalBody ?? (await store.putBody(call.canonical)),
    coAuthors: [...new Set([...coAuthorsOf(before), principal])],
  };
  const reason = `${principal} edited the arguments`;
  const denied = await denyBy(gating, [gateRule('edited-by-person', reason)], closes, null, edit);
  return denied.kind === 'decided' ? { ...denied, edited: text } : denied;
}

/** Of a stored decision that took an edit, for a pass that is run again. */
export async function editedText(
  dependencies: Pick<CheckCallDependencies, 'store'>,
  { body }: SignedDecision,
): Promise<{ edited?: string }> {
  const text = body.verdict === 'deny' && body.edit ? await readArguments(dependencies, body.edit) : undefined;
  return text === undefined ? {} : { edited: text };
}

/** What the agent had asked for, RFC 8785; undefined where it is not there. */
export async function originalText(
  dependencies: Pick<CheckCallDependencies, 'store'>,
  { originalDigest, originalBody }: TakenEdit,
): Promise<string | undefined> {
  return await readArguments(dependencies, { argumentsDigest: originalDigest, argumentsBody: originalBody });
}

async function readArguments(
  { store }: Pick<CheckCallDependencies, 'store'>,
  { argumentsDigest, argumentsBody }: { argumentsDigest: string; argumentsBody: string },
): Promise<string | undefined> {
  const text = await store.getBody(argumentsBody);
  return text !== null && digestText('arguments', text) === argumentsDigest ? text : undefined;
}
