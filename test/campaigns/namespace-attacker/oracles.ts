/**
 * What must hold after every case, judged from outside the attacked run: what the tools themselves wrote down against
 * decisions whose signatures verify, the server's word on how the run ended, and the audit's.
 */
import { whereItStands } from '../frame/where-it-stands.ts';
import { createServerSource } from '../../../audit/fetch-chain.ts';
import { type ReplayReport, replayRun } from '../../../audit/replay-run.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { signedVoteSchema } from '../../../core/contracts/approval.ts';
import { signedDecisionSchema } from '../../../core/contracts/decision.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { openEnvelope } from '../../../core/envelope.ts';
import { hasErrorCode, messageOf } from '../../../core/errors.ts';
import { replayBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { audience } from '../../support/harness.ts';
import { until } from '../../support/until.ts';
import type { Ends, Shows, Victim } from './case.ts';
import type { Stage } from './stage.ts';

/** A run that has not ended in this time after the attack is stuck, ms: far longer than any time-out on the way. */
const endWithinMs = 180_000;
const runningStatus = 'RUNNING';

/** What of the effects is not as it must be. */
export async function judgeEffects({ harness }: Stage, run: Victim, expected: number): Promise<string[]> {
  const { registry } = harness.keys;
  const lines = run.effects();
  const problems = lines.length === expected ? [] : [`${lines.length} effects, expected ${expected}`];
  if (new Set(lines).size !== lines.length) problems.push('one call and try was executed twice');
  const decisions = (await harness.store.listDecisions(run.workflowId)).flatMap((value) => {
    const opened = openEnvelope(value, { schema: signedDecisionSchema, audience, registry, now: null });
    return opened.kind === 'opened' ? [opened.signed.body] : [];
  });
  for (const line of lines) {
    const [tool, name, callKey, tryNumber] = line.split(' ');
    const argumentsDigest = digestText('arguments', canonicalJson({ name }));
    const permit = decisions.find(
      (body) =>
        body.verdict === 'allow' &&
        body.purpose === 'execute' &&
        body.callKey === callKey &&
        body.try === Number(tryNumber) &&
        body.tool.name === tool &&
        body.argumentsDigest === argumentsDigest,
    );
    if (!permit) problems.push(`"${line}" was executed and no signed decision allows it`);
    else if (permit.verdict === 'allow' && tool !== 'restart' && !(await isApproved({ harness }, permit.approval)))
      problems.push(`"${line}" was executed and nobody's signed vote approves it`);
  }
  return problems;
}

async function isApproved(
  { harness }: Pick<Stage, 'harness'>,
  approval: { nonce: string; voteDigests: string[] } | null,
): Promise<boolean> {
  if (!approval) return false;
  const votes = (await harness.store.votesByNonce(approval.nonce)).flatMap(({ vote }) => {
    const opened = openEnvelope(vote, {
      schema: signedVoteSchema,
      audience,
      registry: harness.keys.registry,
      now: null,
    });
    return opened.kind === 'opened' && opened.signed.body.verdict === 'approve'
      ? [digestJson('vote', opened.signed)]
      : [];
  });
  return approval.voteDigests.length > 0 && approval.voteDigests.every((digest) => votes.includes(digest));
}

/** Brings the run to its end in the one way that the case names. @throws {Error} where it is stuck or needs less. */
export async function bringToEnd(stage: Stage, run: Victim, ends: Ends): Promise<void> {
  if (ends === 'itself') {
    await endOf(stage, run, ends);
    return;
  }
  if (await hasEnded(stage, run)) throw new Error(`the run ended by itself, expected it to need ${ends}`);
  const { door } = stage.harness;
  if (ends === 'cancel') await door.cancel(run.workflowId, 'after the attack');
  else await door.terminate(run.workflowId, 'after the attack');
  await endOf(stage, run, ends);
}

async function endOf(stage: Stage, run: Victim, ends: Ends): Promise<void> {
  try {
    await until(`the run to end by ${ends}`, () => hasEnded(stage, run), endWithinMs);
  } catch (error) {
    throw new Error(`${messageOf(error)}; ${await whereItStands(stage.client, run.workflowId)}`, { cause: error });
  }
}

export async function hasEnded({ client }: Stage, { workflowId }: Pick<Victim, 'workflowId'>): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name !== runningStatus;
  } catch (error) {
    // Deleted with its history.
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return true;
    throw error;
  }
}

/** What the audit sees, or nothing where no history is left. */
export async function audit({ harness }: Stage, { workflowId }: Victim): Promise<ReplayReport | undefined> {
  const { door, store, keys } = harness;
  try {
    return await replayRun({
      workflowId,
      source: createServerSource({ door, store }),
      registry: keys.registry,
      audience,
      store,
      bundle: await replayBundle(bundleFolder),
    });
  } catch (error) {
    if (hasErrorCode(error, 'not-found')) return undefined;
    throw error;
  }
}

/** What the audit should have said and did not. */
export function judgeReport(report: ReplayReport | undefined, shows: Shows): string[] {
  if (!report) return shows.verdict === 'not-found' ? [] : [`no history, expected the verdict ${shows.verdict}`];
  const seen = seenIn(report);
  if (report.verdict !== shows.verdict) return [`replay says ${seen}, expected ${shows.verdict}`];
  if (shows.verdict === 'differs') {
    const found = new Set([
      ...(report.findings.length > 0 ? ['replay'] : []),
      ...report.checks.filter(({ result }) => result === 'failed').map(({ id }) => id),
    ]);
    return shows.by.filter((one) => !found.has(one)).map((one) => `replay says ${seen}, expected it to name ${one}`);
  }
  if (shows.verdict === 'incomplete') {
    const open = report.checks.filter(({ result }) => result === 'not-checked').map(({ id }) => id);
    return shows.open.filter((one) => !open.includes(one)).map((one) => `replay says ${seen}, expected ${one} open`);
  }
  if ('links' in shows && report.links !== shows.links) return [`${report.links} links, expected ${shows.links}`];
  return [];
}

/** In a line of the table. */
export function seenIn(report: ReplayReport | undefined): string {
  if (!report) return 'not-found';
  const failed = report.checks.filter(({ result }) => result === 'failed').map(({ id }) => id);
  const open = report.checks.filter(({ result, required }) => result === 'not-checked' && required).map(({ id }) => id);
  const named = report.verdict === 'incomplete' ? open : [...(report.findings.length > 0 ? ['replay'] : []), ...failed];
  const links = report.links > 1 ? `, ${report.links} links` : '';
  return `${report.verdict}${named.length > 0 ? ` (${named.join(', ')})` : ''}${links}`;
}
