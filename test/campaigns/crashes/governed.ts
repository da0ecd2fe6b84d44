/** The scripted runs on the whole product, killed again and again, and what came of them. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createServerSource } from '../../../audit/fetch-chain.ts';
import { findSecretRules } from '../../../cli/parts/find-secret-rules.ts';
import { replayRun } from '../../../audit/replay-run.ts';
import { replayBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import type { CampaignOrder } from '../campaign.ts';
import { startApprover } from '../frame/approver.ts';
import { startOnlookers } from '../frame/onlookers.ts';
import type { Random } from '../frame/random.ts';
import { openDatabaseEyes } from './database-eyes.ts';
import { countDoubts, countEffects, type DoubtCount, type EffectCount, lostVotes } from './judge.ts';
import { type Killed, killRepeatedly, startedBy } from './kills.ts';
import type { ScriptedRun } from './script.ts';
import { keepHistory } from '../frame/keep-history.ts';
import { whereItStands } from '../frame/where-it-stands.ts';
import { audience, startWorld, type World } from '../frame/world.ts';

export interface GovernedOutcome {
  killed: Killed;
  effects: EffectCount;
  doubts: DoubtCount;
  decisions: { seen: number; lost: string[] };
  votes: { accepted: number; lost: string[] };
  /** Queries of the runs that were answered meanwhile. */
  queries: number;
  /** `<workflow id>: <outcome>` of those that did not complete. */
  notCompleted: string[];
  /** `<workflow id>: <what differs>` of those that do not verify. */
  notVerified: string[];
}

interface OpenRun {
  script: ScriptedRun;
  workflowId: string;
  /** Undefined while it runs. */
  outcome?: string;
}

/** A run may need this long after the last kill, ms: the model's heartbeat, a task's time-out and a doubt in a row. */
const patienceMs = 240_000;
const startTries = 600;
const startToCloseMs = 1500;

export async function runGoverned(
  order: CampaignOrder,
  scripts: readonly ScriptedRun[],
  random: Random,
): Promise<GovernedOutcome> {
  const { folder, count, progress } = order;
  await mkdir(folder, { recursive: true });
  const world = await startWorld(folder, { startToCloseMs });
  for (const { input, steps } of scripts) world.model.script(input, steps);
  const eyes = openDatabaseEyes(world.stateFolder);
  const approver = startApprover(
    () => world.gateway(),
    (approval) => (/-no"/.test(approval.card.arguments) ? 'deny' : 'approve'),
  );
  const runs: OpenRun[] = [];
  const door = await world.openDoor();
  const onlookers = startOnlookers(door.client, () =>
    runs.flatMap(({ workflowId, outcome }) => (outcome === undefined ? [workflowId] : [])),
  );
  const starting: Promise<unknown>[] = [];
  const seen = new Set<string>();
  try {
    const startUntil = (wanted: number): void => {
      for (let next = starting.length; next < Math.min(wanted, scripts.length); next += 1)
        starting.push(
          startRun(world, scripts[next]!).then(
            (run) => runs.push(run),
            // Counted as not started.
            () => undefined,
          ),
        );
    };
    const killed = await killRepeatedly({
      count,
      random,
      kill: world.kill,
      startMissing: world.startMissing,
      whileDead: () => {
        for (const digest of eyes.decisionDigests()) seen.add(digest);
      },
      effects: () => world.outside.count(),
      activity: () => world.outside.count() + asked(world, scripts),
      async before(number, { quiet, spentMs }) {
        startUntil(startedBy(number, count, scripts.length));
        await lookAt(world, runs);
        const open = runs.filter(({ outcome }) => outcome === undefined).length;
        const spent = `${seconds(spentMs.waiting)} for steps (${quiet} times in vain), ${seconds(spentMs.restarting)} for restarts`;
        if (number % 10 === 0)
          progress(`${number} of ${count} kills, ${runs.length} runs started, ${open} open; waited ${spent}`);
        return open > 0;
      },
    });
    startUntil(scripts.length);
    progress(`${count} kills done, waiting for the runs to end`);
    await untilEnded(world, runs, Promise.all(starting), scripts.length);
    await Promise.all([approver.stop(), onlookers.stop()]);
    const effects = world.outside.effects();
    const digests = new Set(eyes.decisionDigests());
    progress(`replaying ${runs.length} records`);
    return {
      killed,
      effects: countEffects(scripts, effects),
      doubts: countDoubts(eyes, effects),
      decisions: { seen: seen.size, lost: [...seen].filter((digest) => !digests.has(digest)) },
      votes: { accepted: approver.accepted.length, lost: lostVotes(eyes, approver.accepted) },
      queries: onlookers.answered(),
      notCompleted: [
        ...runs
          .filter(({ outcome }) => outcome !== 'completed')
          .map((run) => `${run.workflowId}: ${run.outcome ?? 'open'}`),
        ...scripts.slice(runs.length).map(({ input }) => `${input}: not started`),
      ],
      notVerified: await replayAll(world, runs),
    };
  } finally {
    await Promise.all([approver.stop(), onlookers.stop()]);
    await door.close();
    eyes.close();
    await world.stop();
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}

function asked({ model }: World, scripts: readonly ScriptedRun[]): number {
  return scripts.reduce((sum, { input }) => sum + model.requests(input).length, 0);
}

/** The gateway may be dead: the same key never starts a second run. */
async function startRun(world: World, script: ScriptedRun): Promise<OpenRun> {
  const idempotencyKey = randomUUID();
  for (let tried = 1; ; tried += 1) {
    try {
      const request = { agent: 'campaigner', input: script.input };
      const { workflowId } = await world.gateway().runs.start(request, idempotencyKey);
      return { script, workflowId };
    } catch (error) {
      if (tried === startTries) throw error;
      await delay(300);
    }
  }
}

/** What the store says of their ends: it is what a killed engine cannot take along. */
async function lookAt(world: World, runs: readonly OpenRun[]): Promise<void> {
  for (const run of runs) {
    if (run.outcome !== undefined) continue;
    const outcome = (await world.store.getRun(run.workflowId))?.outcome;
    if (outcome) run.outcome = outcome;
  }
}

async function untilEnded(
  world: World,
  runs: readonly OpenRun[],
  started: Promise<unknown>,
  all: number,
): Promise<void> {
  const end = Date.now() + patienceMs;
  await Promise.race([started, delay(patienceMs, undefined, { ref: false })]);
  while (Date.now() < end) {
    await lookAt(world, runs);
    if (runs.length === all && runs.every(({ outcome }) => outcome !== undefined)) break;
    await delay(200);
  }
  // Recorded as ended is one thing, ended another: the engine has the last word.
  const door = await world.openDoor();
  try {
    for (const run of runs) {
      const { status } = await door.client.workflow.getHandle(run.workflowId).describe();
      if (status.name === 'RUNNING' && run.outcome === undefined)
        run.outcome = `open, ${await whereItStands(door.client, run.workflowId)}`;
      else if (status.name === 'RUNNING') await closed(door.client, run.workflowId, end);
      else if (status.name !== 'COMPLETED') run.outcome = `${run.outcome ?? 'open'}, ${status.name}`;
    }
  } finally {
    await door.close();
  }
}

async function closed(
  client: Awaited<ReturnType<World['openDoor']>>['client'],
  workflowId: string,
  end: number,
): Promise<void> {
  const leftMs = Math.max(1000, end - Date.now());
  await client
    .withDeadline(Date.now() + leftMs, () => client.workflow.getHandle(workflowId).result())
    .catch(() => undefined);
}

async function replayAll(world: World, runs: readonly OpenRun[]): Promise<string[]> {
  const runtime = await world.holdRuntime();
  const [door, keys, bundle] = await Promise.all([world.openDoor(), world.loadKeys(), replayBundle(bundleFolder)]);
  const source = createServerSource({ door, store: world.store });
  const { store } = world;
  const differing: string[] = [];
  try {
    for (const { workflowId } of runs) {
      const report = await replayRun({
        workflowId,
        source,
        registry: keys.registry,
        audience,
        store,
        bundle,
        findSecretRules,
      });
      if (report.verdict === 'verified') continue;
      const failed = report.checks.filter(({ result }) => result !== 'ok').map(({ id, reason }) => `${id} (${reason})`);
      const findings = report.findings.map(({ what }) => what);
      const file = await keepHistory(door.client, workflowId);
      differing.push(`${workflowId} (${file}): ${report.verdict}: ${[...failed, ...findings].join('; ')}`);
    }
  } finally {
    await door.close();
    await runtime.close();
  }
  return differing;
}
