/**
 * Step 1, the world against the permit: votes where the tool demands them, freeze, revocations, the run's epoch, and for
 * effects whether the server says that this very link runs and is not being cancelled.
 */
import type { SignedVote } from '../../core/contracts/approval.ts';
import { signedVoteSchema } from '../../core/contracts/approval.ts';
import type { PermitBody } from '../../core/contracts/decision.ts';
import { digestJson } from '../../core/digest.ts';
import { openEnvelope } from '../../core/envelope.ts';
import { readVotingKeys } from '../../store/read-credentials.ts';
import { readFreeze } from '../../store/read-control.ts';
import type { RunToolDependencies } from './dependencies.ts';
import { type NotRun, notRun } from './refusals.ts';
import type { Permitted } from './verify-permit.ts';

/** Undefined when nothing stands against it. */
export async function checkStanding(
  dependencies: RunToolDependencies,
  permitted: Permitted,
  votes: readonly unknown[],
): Promise<NotRun | undefined> {
  const { permit, tool } = permitted;
  // Void only ever closes a row: it is let through where everything else waits.
  if (permit.purpose === 'void' || !tool) return undefined;
  const demanded = permit.purpose === 'execute' ? tool.definition.votesDemanded : 0;
  if (demanded > 0 && (await countVotes(dependencies, permit, votes)) < demanded) return notRun('votes-missing');
  return (await checkFreeze(dependencies, permit)) ?? (await checkEffectMayStart(dependencies, permitted));
}

export async function checkFreeze(dependencies: RunToolDependencies, permit: PermitBody): Promise<NotRun | undefined> {
  const freeze = await readFreeze(dependencies);
  return freeze.frozen || freeze.epoch !== permit.freezeEpoch ? notRun('frozen') : undefined;
}

export async function checkEffectMayStart(
  dependencies: RunToolDependencies,
  { permit, tool }: Permitted,
): Promise<NotRun | undefined> {
  if (permit.purpose !== 'execute' || tool?.definition.effect === 'read') return undefined;
  const run = await dependencies.store.getRun(permit.workflowId);
  if (run?.runEpoch !== permit.runEpoch) return notRun('other-epoch');
  const described = await dependencies.describeRun(permit.workflowId, permit.linkRunId);
  if (described.status !== 'running') return notRun('run-not-running');
  return described.cancelRequested ? notRun('run-cancelled') : undefined;
}

/** Approvals by different principals that the permit lists, whose keys and credentials stand now. */
async function countVotes(
  dependencies: RunToolDependencies,
  permit: PermitBody,
  votes: readonly unknown[],
): Promise<number> {
  const { approval } = permit;
  if (!approval) return 0;
  // Also what fell with a key that had made others.
  const standing = await readVotingKeys(dependencies);
  const principals = new Set<string>();
  for (const value of votes) {
    const vote = openVote(dependencies, value);
    if (!vote || !approval.voteDigests.includes(digestJson('vote', vote))) continue;
    const { body } = vote;
    const fits =
      body.verdict === 'approve' &&
      body.callKey === permit.callKey &&
      body.nonce === approval.nonce &&
      body.askDigest === approval.askDigest &&
      body.castAt <= approval.executeByAt &&
      standing.get(body.authenticated.credentialId)?.principal === body.principal;
    if (fits) principals.add(body.principal);
  }
  return principals.size;
}

function openVote(dependencies: RunToolDependencies, value: unknown): SignedVote | undefined {
  const { audience, registry, clock } = dependencies;
  const opened = openEnvelope(value, { schema: signedVoteSchema, audience, registry, now: clock.now() });
  return opened.kind === 'opened' ? opened.signed : undefined;
}
