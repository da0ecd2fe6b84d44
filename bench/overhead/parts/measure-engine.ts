/** The embedded engine as Countersign tunes it against the stock dev server with its database on disk: the bare loop on both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { findTemporalCli } from '../../../engine/find-temporal-cli.ts';
import { addressAnswers, chooseFreePort } from '../../../engine/ports.ts';
import { spawnWithParent } from '../../../engine/spawn-with-parent.ts';
import { interleave } from '../../parts/interleave.ts';
import { startBenchEngine } from '../../parts/start-bench-engine.ts';
import { summarise, summariseRatio } from '../../parts/statistics.ts';
import type { Measurement, SuiteOptions } from '../../parts/suite.ts';
import { bareLoop } from '../agent-loops.ts';
import { createBareActivities } from '../bare/activities.ts';
import { startBareWorker } from '../bare/start-bare-worker.ts';
import { type BenchModel, startBenchModel } from '../start-model.ts';
import { benchTools } from '../tools.ts';
import { instructions } from '../world.ts';

interface Site {
  client: Client;
  stop(): Promise<void>;
}

const turnsPerRun = 10;
/**
 * Long enough that the stock server has used up what its poll limit lets through at once after a rest, 20 tasks: a batch of two runs
 * was half over before the limit was felt.
 */
const batches = [
  { concurrency: 1, runs: 6 },
  { concurrency: 8, runs: 16 },
] as const;

export async function measureEngine(options: SuiteOptions): Promise<Measurement[]> {
  const wanted = batches.filter(({ concurrency }) => options.wants(`engine/c${concurrency}`));
  if (wanted.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-engine-'));
  const model = await startBenchModel();
  const sites: Site[] = [];
  try {
    const stock = await stockSite(join(folder, 'stock.db'), model);
    sites.push(stock);
    const tuned = await tunedSite(folder, model);
    sites.push(tuned);
    const measurements: Measurement[] = [];
    for (const { concurrency, runs } of wanted) {
      options.progress(`engine/c${concurrency}: ${options.rounds} rounds of ${runs} bare runs on each engine`);
      const rates = await interleave(
        {
          stock: () => runsPerSecond(stock, concurrency, runs),
          tuned: () => runsPerSecond(tuned, concurrency, runs),
        },
        options.rounds,
      );
      measurements.push(...figures(`engine/c${concurrency}`, rates));
    }
    return measurements;
  } finally {
    for (const site of sites.toReversed()) await site.stop();
    model.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function figures(id: string, rates: Record<'stock' | 'tuned', number[]>): Measurement[] {
  const absolute = (name: 'stock' | 'tuned'): Measurement => ({
    id: `${id}/runs-per-s-${name}`,
    unit: 'runs/s',
    better: 'higher',
    kind: 'absolute',
    ...summarise(rates[name]),
  });
  const ratio: Measurement = {
    id: `${id}/tuned-against-stock`,
    unit: 'x',
    better: 'higher',
    kind: 'ratio',
    target: 2,
    ...summariseRatio(rates.tuned, rates.stock),
  };
  return [ratio, absolute('stock'), absolute('tuned')];
}

async function runsPerSecond({ client }: Site, concurrency: number, runs: number): Promise<number> {
  const loop = bareLoop(client);
  const startedAt = performance.now();
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < runs) {
      started += 1;
      await loop({ tool: 'read_status', turns: turnsPerRun });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return runs / ((performance.now() - startedAt) / 1000);
}

async function tunedSite(folder: string, model: BenchModel): Promise<Site> {
  const engine = await startBenchEngine(folder);
  const site = await siteAt(engine, model);
  return {
    client: site.client,
    stop: async () => {
      await site.stop();
      await engine.stop();
    },
  };
}

/** `temporal server start-dev` with a database file and nothing else that costs or saves. */
async function stockSite(databaseFile: string, model: BenchModel): Promise<Site> {
  const { path } = await findTemporalCli();
  const port = await chooseFreePort([0], []);
  const parameters = ['server', 'start-dev', '--db-filename', databaseFile, '--port', String(port), '--headless'];
  const server = await spawnWithParent(path, [...parameters, '--ip', '127.0.0.1', '--log-level', 'never'], () => {});
  const address = `127.0.0.1:${port}`;
  while (!(await addressAnswers(address))) await delay(20);
  const site = await siteAt({ address, namespace: 'default' }, model);
  return {
    client: site.client,
    stop: async () => {
      await site.stop();
      await server.stop(5000);
    },
  };
}

async function siteAt(
  { address, namespace }: { address: string; namespace: string },
  model: BenchModel,
): Promise<Site> {
  const connection = await Connection.connect({ address });
  const activities = createBareActivities({ baseURL: model.baseURL, instructions, tools: benchTools() });
  const worker = await startBareWorker({ address, namespace }, activities);
  return {
    client: new Client({ connection, namespace }),
    stop: async () => {
      await worker.stop();
      await connection.close();
    },
  };
}
