/**
 * Checks the signatures of votes in a batch. It says nothing of whether a vote counts: fit, time and eligibility are for
 * the reducer and for check-call.
 */
import type { VerifiedVote, VerifyVotesInput } from '../core/contracts/activities.ts';
import { signedVoteSchema } from '../core/contracts/approval.ts';
import type { Clock } from '../core/clock.ts';
import { digestJson, digestText } from '../core/digest.ts';
import { type KeyRegistry, openEnvelope } from '../core/envelope.ts';
import { type ReadCaller, readLocalCaller } from './local-activity.ts';

export interface VerifyVotesDependencies {
  registry: KeyRegistry;
  audience: string;
  clock: Clock;
  readCaller?: ReadCaller;
}

export function createVerifyVotes(
  dependencies: VerifyVotesDependencies,
): (input: VerifyVotesInput) => Promise<VerifiedVote[]> {
  return (input) => {
    const called = (dependencies.readCaller ?? readLocalCaller)();
    const votes = called.kind === 'caller' ? input.votes : [];
    return Promise.resolve(votes.map((vote) => verifyVote(dependencies, vote)));
  };
}

export function verifyVote(dependencies: VerifyVotesDependencies, value: unknown): VerifiedVote {
  const opened = openEnvelope(value, {
    schema: signedVoteSchema,
    audience: dependencies.audience,
    registry: dependencies.registry,
    now: dependencies.clock.now(),
  });
  if (opened.kind === 'rejected') return { kind: 'invalid', digest: digestOfAnything(value), failure: opened.failure };
  return { kind: 'valid', digest: digestJson('vote', opened.signed), vote: opened.signed };
}

/** A digest for what may not even be JSON: somebody else chose these bytes. */
export function digestOfAnything(value: unknown): string {
  try {
    return digestJson('undecodable', value);
  } catch {
    return digestText('undecodable', String(value));
  }
}
