/**
 * A tools worker that stands still in the middle of an effect, is given up, and wakes when somebody else has done its work:
 * the other side has paid once. Where the worker stands still inside its own request only a key that the other side honours
 * keeps it from paying twice, and the table shows what happens without one.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Harness, type StartedRun, startHarness } from '../../support/harness.ts';
import { startTestWorker } from '../../support/test-worker.ts';
import { until } from '../../support/until.ts';
import type { Campaign, CampaignFailure, Table } from '../campaign.ts';
import { chooseCases } from '../frame/choose-cases.ts';
import { startCampaignEngine } from '../frame/engine.ts';
import { inParallel } from '../frame/in-parallel.ts';
import { createRandom } from '../frame/random.ts';
import { allCases, stopPoints, type ZombieCase, zombieCases } from './cases.ts';
import { payingPack } from './paying-pack.ts';
import { type PayingService, startPayingService } from './paying-service.ts';
import { startVictim } from './start-victim.ts';

interface CaseResult {
  zombie: ZombieCase;
  requests: number;
  payments: number;
  problems: string[];
}

const atOnce = 8;
const lookEveryMs = 50;
const patienceMs = 120_000;

export const zombie: Campaign = {
  name: 'zombie',
  summary: 'A tools worker stopped in an effect, given up, replaced and woken: the effect happens once.',
  unit: 'cases',
  fullCount: allCases,
  async run({ seed, count, folder, onlyCase, progress }) {
    const chosen = chooseCases({ onlyCase }, zombieCases(createRandom(seed), count));
    const engine = await startCampaignEngine(folder);
    const service = await startPayingService();
    const { address, namespace } = engine;
    const pack = payingPack(service.url);
    const harness = await startHarness({
      temporal: { address, namespace },
      pack,
      worker: { roles: ['agent', 'model', 'notify', 'record'] },
    });
    let results: CaseResult[] = [];
    const failures: CampaignFailure[] = [];
    try {
      let done = 0;
      results = await inParallel(chosen, atOnce, async (one) => {
        const result = await runCase(harness, service, one);
        done += 1;
        progress(`${done} of ${chosen.length} cases, ${describe(one)}: ${result.payments} payments`);
        return result;
      });
    } finally {
      // Replays every record: what differs is thrown.
      await harness.stop().catch((error: unknown) => failures.push({ case: null, what: String(error) }));
      await service.stop();
      await engine.stop();
    }
    for (const { zombie: one, problems } of results)
      for (const problem of problems) failures.push({ case: one.id, what: `${describe(one)}: ${problem}` });
    return { table: tableOf(results), failures };
  },
};

async function runCase(harness: Harness, service: PayingService, one: ZombieCase): Promise<CaseResult> {
  const { address } = harness.temporal;
  const name = `${one.keyed ? 'keyed' : 'unkeyed'}-${one.stop.name}-${one.id}`;
  const taskQueues = { ...harness.taskQueues, tools: `tools-${randomUUID()}` };
  const victim = await startVictim(harness, taskQueues, service.url, one.stop.at);
  const problems: string[] = [];
  let healthy: Awaited<ReturnType<typeof startTestWorker>> | undefined;
  const ending = new AbortController();
  try {
    const run = await harness.start([{ calls: [{ name: one.tool, args: { name } }] }, { text: 'Paid.' }], {
      taskQueues,
    });
    const answering = answerFor(harness, service, run, name, ending.signal);
    await until('the worker to stand still', () => victim.isStopped(), patienceMs);
    const { stateFolder: folder, door, store, keys, pack, model } = harness;
    healthy = await startTestWorker({
      folder,
      address,
      taskQueues,
      door,
      store,
      keys,
      pack,
      modelURL: model.baseURL,
      settings: { roles: ['tools'] },
    });
    await until('the moment to wake it', () => mayWake(harness, service, run, one, name), patienceMs);
    victim.wake();
    const result = await run.result();
    if (result.outcome !== 'completed') problems.push(`the run ended ${result.outcome}`);
    // Lets everything that it took end: what it could still do, it has done.
    const end = await victim.drain();
    if (end !== '0') problems.push(`the woken worker ended with ${end}`);
    ending.abort();
    await answering;
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    ending.abort();
    victim.kill();
    await healthy?.stop();
  }
  const [requests, payments] = [service.requests(name), service.payments(name)];
  if (one.keyed && payments !== 1) problems.push(`${payments} payments, expected 1`);
  if (requests > one.stop.mostRequests)
    problems.push(`${requests} requests, expected at most ${one.stop.mostRequests}`);
  return { zombie: one, requests, payments, problems };
}

async function mayWake(
  { store }: Harness,
  service: PayingService,
  { workflowId }: StartedRun,
  { wake }: ZombieCase,
  name: string,
): Promise<boolean> {
  const row = await store.getFence(`${workflowId}/1.0`, 1);
  if (row?.state !== 'void' && row?.state !== 'consumed') return false;
  const over = (await store.getRun(workflowId))?.outcome !== null;
  return wake === 'once-void' || over || service.payments(name) > 0;
}

/** Approves whatever is asked, and says of a doubt what is so. */
async function answerFor(
  harness: Harness,
  service: PayingService,
  run: StartedRun,
  name: string,
  ended: AbortSignal,
): Promise<void> {
  const answered = new Set<string>();
  while (!ended.aborted) {
    const asks = await harness.store.listAsks({ workflowId: run.workflowId, limit: 50 });
    for (const ask of asks) {
      if (ask.outcome !== null || answered.has(ask.nonce)) continue;
      answered.add(ask.nonce);
      if (ask.kind === 'call') {
        // The run may have ended since.
        await run.castVote(ask).catch(() => undefined);
        continue;
      }
      const { callKey, try: tryNumber, nonce } = ask;
      const answer = service.payments(name) > 0 ? 'happened' : 'did-not-happen';
      const by = { principal: 'olga', roles: ['operator'], reason: 'I looked.', answeredAt: Date.now() };
      await harness.desk.control({ kind: 'reconcile-answer', nonce, callKey, try: tryNumber, answer, ...by });
      await harness.door.signal(run.workflowId, 'control', {}).catch(() => undefined);
    }
    await delay(lookEveryMs);
  }
}

function describe({ stop, wake, tool, keyed }: ZombieCase): string {
  return `${stop.name}, woken ${wake}, ${tool === 'pay' ? 'probed' : 'reconciled'}${keyed ? '' : ', no keys'}`;
}

function tableOf(results: readonly CaseResult[]): Table {
  const rows = [true, false].flatMap((keyed) =>
    stopPoints.flatMap((stop) => {
      const own = results.filter(({ zombie: one }) => one.stop === stop && one.keyed === keyed);
      if (own.length === 0) return [];
      const highest = (of: (result: CaseResult) => number): number => Math.max(...own.map(of));
      const promised = keyed ? '1' : 'nothing is';
      return [
        [
          `${stop.name}${keyed ? '' : ', other side without keys'}`,
          own.length,
          highest((one) => one.requests),
          highest((one) => one.payments),
          promised,
        ],
      ];
    }),
  );
  return { columns: ['stopped', 'cases', 'most requests', 'most effects', 'effects promised'], rows };
}
