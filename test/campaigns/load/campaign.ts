/**
 * Many runs, 64 at once, through one gateway and one worker, while approvals stay pending: all of them end, memory stays
 * where it was, no task is left over, and as many pending approvals as people may have come in one answer.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { TemporalDoor } from '../../../client/temporal-door.ts';
import type { Step } from '../../support/scripted-model.ts';
import { runProgram } from '../../support/program.ts';
import { until } from '../../support/until.ts';
import type { Campaign, CampaignFailure, CampaignOrder, CampaignResult, Table } from '../campaign.ts';
import { startApprover } from '../frame/approver.ts';
import { chooseCases } from '../frame/choose-cases.ts';
import { inParallel } from '../frame/in-parallel.ts';
import { type MemorySample, trendOf } from '../frame/memory-trend.ts';
import { type Program, startWorld, type World } from '../frame/world.ts';
import { backlogOf } from './backlog.ts';

const fullRuns = 500;
const atOnce = 64;
const fullPending = 50;
const fullListed = 200;
/**
 * More than this for each run is a leak, KB, after collections. A worker keeps, of a run that has ended, its messages in a cache
 * that is bounded by bytes, and signed records as it parsed them, of the last 1,000 runs: 13 to 20 KB a run over 500 runs, 9.5
 * over 2,000. A gateway keeps nothing. A run's history that stays is some 70 KB, the sandbox of its workflow more than 500.
 * Native memory goes in pieces, and is given back in pieces.
 */
const mostSlopeKB = { heap: { worker: 30, gateway: 4 }, resident: { worker: 100, gateway: 40 } } as const;
/** Below so many runs a slope says nothing. */
const fewestForSlope = 200;
const looks = 16;
const sampleEveryMs = 500;
const patienceMs = 120_000;
const callTimeoutMs = 30_000;
/** However slow the machine: an effect that runs out of time is in doubt, and asks people. */
const startToCloseMs = 60_000;
const listedSchema = z.object({ approvals: z.array(z.object({ nonce: z.string() })) });

const watched: readonly Program[] = ['worker', 'gateway'];
const kinds = ['heap', 'resident'] as const;

interface Measured {
  ended: number;
  seconds: number;
  highestBacklog: number;
  memory: Record<Program, MemorySample[]>;
}

export const load: Campaign = {
  name: 'load',
  summary:
    '500 runs, 64 at once, beside 50 pending approvals: all end, memory is flat, no backlog stays, 200 approvals in one list.',
  unit: 'runs',
  fullCount: fullRuns,
  async run(order) {
    chooseCases(order, []);
    const world = await startWorld(order.folder, { startToCloseMs, isInspected: true });
    const door = await world.openDoor();
    try {
      return await loaded(order, world, door);
    } finally {
      await door.close();
      await world.stop();
    }
  },
};

async function loaded(order: CampaignOrder, world: World, door: TemporalDoor): Promise<CampaignResult> {
  const { count, progress } = order;
  const share = (full: number): number => Math.min(full, Math.max(5, Math.round((full * count) / fullRuns)));
  const [pending, listed] = [share(fullPending), share(fullListed)];
  const waiting = await startAsking(world, 0, pending);
  await untilPending(world, pending);
  const taskQueue = (await world.store.getRun(waiting[0] ?? ''))?.ticket.body.taskQueues.agent ?? '';
  progress(`${pending} approvals pending; ${count} runs, ${atOnce} at once`);
  const measured = await measure(order, world, door, taskQueue);

  waiting.push(...(await startAsking(world, pending, listed)));
  await untilPending(world, listed);
  const gatewayBegin = performance.now();
  const byGateway = await openApprovals(world);
  const gatewayMs = Math.round(performance.now() - gatewayBegin);
  const cliBegin = performance.now();
  const byCli = await approvalsOfCli(world);
  const cliMs = Math.round(performance.now() - cliBegin);
  progress(`${byGateway} pending in one answer of the gateway, ${byCli} of the program; now all are approved`);
  const approver = startApprover(
    () => world.gateway(callTimeoutMs),
    () => 'approve',
  );
  const approved = await inParallel(waiting, waiting.length, (workflowId) => hasCompleted(door, workflowId));
  await approver.stop();
  const backlogLeft = await until('the queue to be empty', async () => (await backlogOf(door, taskQueue)) === 0, 30_000)
    .then(() => 0)
    .catch(() => backlogOf(door, taskQueue));

  const effects = world.outside.effects();
  const wanted = count + listed;
  const names = new Set(effects.map(({ name }) => name));
  const stillOpen = waiting.length - approved.filter(Boolean).length;
  const trends = watched.flatMap((program) =>
    kinds.map((kind) => ({
      name: `${kind === 'heap' ? 'heaps' : 'resident memory'} of the ${program}`,
      most: mostSlopeKB[kind][program],
      ...trendOf(measured.memory[program], `${kind}Kilobytes`),
    })),
  );
  const failures: CampaignFailure[] = [];
  const expectThat = (holds: boolean, what: string): void => void (holds || failures.push({ case: null, what }));
  expectThat(measured.ended === count, `${count - measured.ended} of ${count} runs did not complete`);
  expectThat(stillOpen === 0, `${stillOpen} of ${waiting.length} runs that waited for an approval did not complete`);
  expectThat(
    effects.length === wanted && names.size === wanted,
    `${effects.length} effects (${names.size} different), expected ${wanted}`,
  );
  expectThat(
    byGateway === listed,
    `the gateway listed ${byGateway} pending approvals in one answer, expected ${listed}`,
  );
  expectThat(byCli === listed, `the program listed ${byCli} pending approvals, expected ${listed}`);
  expectThat(backlogLeft === 0, `${backlogLeft} tasks are left over on ${taskQueue}`);
  if (count >= fewestForSlope) {
    for (const { name, slopeKB, most } of trends)
      expectThat(slopeKB <= most, `${name} grows by ${slopeKB} KB a run, expected at most ${most}`);
  }
  const rows: Table['rows'] = [
    ['runs / completed', `${count} / ${measured.ended}`],
    ['at once', Math.min(atOnce, count)],
    ['runs a second', Math.round((10 * measured.ended) / measured.seconds) / 10],
    ['approvals pending meanwhile', pending],
    ['effects wanted / happened / different', `${wanted} / ${effects.length} / ${names.size}`],
    ['highest backlog seen', measured.highestBacklog],
    ['backlog left', backlogLeft],
    ...trends.map(({ name, fromMB, toMB, slopeKB, most }) => [
      `${name} after a collection, MB; slope, KB a run`,
      `${fromMB} to ${toMB}; ${slopeKB} (${count >= fewestForSlope ? `at most ${most}` : 'too few runs to judge'})`,
    ]),
    ['approvals in one answer of the gateway', `${byGateway} of ${listed} (${gatewayMs} ms)`],
    ['approvals in one answer of the program', `${byCli} of ${listed} (${cliMs} ms)`],
    ['runs that waited / completed after their approval', `${waiting.length} / ${approved.filter(Boolean).length}`],
  ];
  return { table: { columns: ['what', 'how many'], rows }, failures };
}

async function measure(
  { count, progress }: CampaignOrder,
  world: World,
  door: TemporalDoor,
  taskQueue: string,
): Promise<Measured> {
  const memory: Measured['memory'] = { worker: [], gateway: [] };
  let [done, ended, highestBacklog] = [0, 0, 0];
  const sampling = new AbortController();
  // Only while as many run as ever: what is under way is always the same.
  const last = Math.max(count - atOnce, 1);
  const sample = async (): Promise<void> => {
    let next = 0;
    while (!sampling.signal.aborted) {
      if (done >= next && done <= last) {
        next = done + last / looks;
        for (const program of watched) memory[program].push({ done, ...(await world.liveMemoryOf(program)) });
      }
      highestBacklog = Math.max(highestBacklog, await backlogOf(door, taskQueue));
      await delay(sampleEveryMs, undefined, { signal: sampling.signal }).catch(() => undefined);
    }
  };
  const samples = sample();
  const begin = performance.now();
  await inParallel(
    Array.from({ length: count }, (_, index) => index),
    atOnce,
    async (index) => {
      const input = `load run ${index}.`;
      world.model.script(input, stepsOf(index));
      const { workflowId } = await world.gateway(callTimeoutMs).runs.start({ agent: 'campaigner', input });
      if (await hasCompleted(door, workflowId)) ended += 1;
      done += 1;
      if (done % 50 === 0) progress(`${done} of ${count} runs ended`);
    },
  );
  const seconds = (performance.now() - begin) / 1000;
  sampling.abort();
  await samples;
  return { ended, seconds, highestBacklog, memory };
}

function stepsOf(index: number): Step[] {
  const name = `load-${index}`;
  return [
    { calls: [{ name: 'look', args: { name } }] },
    {
      calls: [
        { name: 'post', args: { name } },
        { name: 'look', args: { name: `${name}-b` } },
      ],
    },
    { text: 'Posted.' },
  ];
}

/** @returns workflow ids */
async function startAsking(world: World, from: number, to: number): Promise<string[]> {
  const numbers = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  return await inParallel(numbers, 8, async (number) => {
    const input = `asking run ${number}.`;
    world.model.script(input, [
      { calls: [{ name: 'charge', args: { name: `asked-${number}` } }] },
      { text: 'Charged.' },
    ]);
    return (await world.gateway(callTimeoutMs).runs.start({ agent: 'campaigner', input })).workflowId;
  });
}

/** Read from the database: the gateway answers so many requests a minute. */
async function untilPending({ store }: World, count: number): Promise<void> {
  const open = async (): Promise<number> => (await store.listAsks({ open: true, limit: fullListed })).length;
  await until(`${count} approvals to be pending`, async () => (await open()) >= count, patienceMs);
}

async function openApprovals(world: World): Promise<number> {
  const { approvals } = await world.gateway(callTimeoutMs).approvals.list({ state: 'open', limit: fullListed });
  return new Set(approvals.map(({ nonce }) => nonce)).size;
}

async function approvalsOfCli(world: World): Promise<number> {
  const argv = ['approvals', '--limit', String(fullListed), '--json'];
  const { stdout } = await runProgram(argv, { COUNTERSIGN_STATE: world.stateFolder });
  return new Set(listedSchema.parse(JSON.parse(stdout)).approvals.map(({ nonce }) => nonce)).size;
}

async function hasCompleted({ client }: TemporalDoor, workflowId: string): Promise<boolean> {
  const result = client.workflow.getHandle(workflowId).result() as Promise<{ outcome: string }>;
  return await result.then(({ outcome }) => outcome === 'completed').catch(() => false);
}
