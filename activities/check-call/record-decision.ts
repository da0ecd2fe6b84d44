/**
 * Signs a decision and records it in one transaction with what it implies (ask and card, admission, denial). A re-run of
 * the same pass gets the stored decision back, never a second one.
 */
import type { CheckCallInput, Decided, Hold, RunRefused } from '../../core/contracts/activities.ts';
import type { DecisionBody, SignedDecision } from '../../core/contracts/decision.ts';
import { sealWithText } from '../../core/envelope.ts';
import type { DecisionRecord, RecordedDecision } from '../../store/store.ts';
import type { AskQuota, FullQuota } from '../../store/ask-quotas.ts';
import { nativeDigest } from '../../tools/native-digest.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { Standing } from './standing.ts';

export type DecisionExtras = Pick<
  DecisionRecord,
  'ask' | 'closes' | 'denial' | 'admit' | 'admitAlso' | 'grantUse' | 'breakGlass'
> & {
  /** Of an ask; where one is full, the denial that `refuse` gives is signed in its place. */
  quotas?: { quotas: readonly AskQuota[]; refuse: (full: FullQuota) => DecisionBody };
};

export const noExtras: DecisionExtras & { admit: null } = { ask: null, closes: null, denial: null, admit: null };

export type OverLimit = Extract<RecordedDecision, { kind: 'over-limit' }>;
export type FitsFewer = Extract<RecordedDecision, { kind: 'fits-fewer' }>;
export type Recorded = { kind: 'decision'; decision: SignedDecision } | OverLimit | RunRefused | Hold;

/** Of one call alone. */
export async function signAndRecord(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  body: DecisionBody,
  extras: Omit<DecisionExtras, 'admitAlso' | 'quotas'>,
  expiresAt?: number,
): Promise<Recorded> {
  const recorded = await signAndRecordAll(dependencies, standing, input, body, extras, expiresAt);
  return recorded.kind === 'fits-fewer' ? notRecorded : recorded;
}

/** As `signAndRecord`, of a decision that may cover further calls. */
export async function signAndRecordAll(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  body: DecisionBody,
  { quotas, ...extras }: DecisionExtras,
  expiresAt?: number,
): Promise<Recorded | FitsFewer> {
  const seal = (what: DecisionBody) => {
    const { signed, text } = sealWithText(dependencies.signer, 'decision', dependencies.audience, what, {
      issuedAt: standing.now,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    return { decision: signed, digest: nativeDigest('decision', text), text };
  };
  const sealed = seal(body);
  const { decision } = sealed;
  const within = quotas
    ? { quotas: { quotas: quotas.quotas, refuse: (full: FullQuota) => seal(quotas.refuse(full)) } }
    : {};
  const result = await dependencies.store.recordDecision(
    { key: keyOf(standing, input), ...sealed, turn: input.turn, ...extras, ...within },
    { runEpoch: standing.run.runEpoch },
  );
  switch (result.kind) {
    case 'recorded':
      return { kind: 'decision', decision };
    case 'exists':
      return sameCall(result.decision, body) ? { kind: 'decision', decision: result.decision } : otherCall();
    case 'over-quota':
      return { kind: 'decision', decision: result.decision };
    case 'over-limit':
    case 'fits-fewer':
      return result;
    case 'stale':
      return { kind: 'hold', code: 'store-unavailable', reason: 'the run moved on while this call was gated' };
  }
}

/** As `signAndRecord`, of what admits nothing and so meets no limit. */
export async function signAndRecordRefusal(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  body: DecisionBody,
  extras: DecisionExtras & { admit: null },
): Promise<Exclude<Recorded, { kind: 'over-limit' }>> {
  const recorded = await signAndRecord(dependencies, standing, input, body, extras);
  return recorded.kind === 'over-limit' ? notRecorded : recorded;
}

const notRecorded: Hold = { kind: 'hold', code: 'store-unavailable', reason: 'a decision was not recorded' };

function keyOf(standing: Standing, input: CheckCallInput): DecisionRecord['key'] {
  return {
    callKey: standing.callKey,
    try: input.try,
    purpose: input.purpose,
    pass: input.pass,
    linkRunId: standing.caller.linkRunId,
  };
}

function sameCall(stored: SignedDecision, body: DecisionBody): boolean {
  return stored.body.tool.name === body.tool.name && stored.body.argumentsDigest === body.argumentsDigest;
}

function otherCall(): RunRefused {
  const reason =
    'Cannot gate a call: its name was used for another call, expected the same tool and arguments; start a new run';
  return { kind: 'refused', code: 'conflict', reason };
}

/** What goes back to the workflow besides the decision. */
export function decided(
  decision: SignedDecision,
  call: Pick<Decided, 'arguments' | 'tool'> | null,
  votes: Decided['votes'] = [],
): Decided {
  return { kind: 'decided', decision, arguments: call?.arguments ?? null, tool: call?.tool ?? null, votes };
}
