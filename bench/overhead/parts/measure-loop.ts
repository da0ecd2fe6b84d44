/**
 * The whole agent loop at a concurrency: wall time, CPU of this process and of the server. What differs between the two
 * loops is Countersign.
 */
import { cpuMsOf, ownCpuMs } from '../../parts/process-cpu.ts';
import { interleave } from '../../parts/interleave.ts';
import { summarise, summariseRatio } from '../../parts/statistics.ts';
import type { Measurement, SuiteOptions } from '../../parts/suite.ts';
import { bareLoop, governedLoop, type LoopRun, type RunLoop } from '../agent-loops.ts';
import { startedByName } from '../tools.ts';
import type { World } from '../world.ts';

interface Batch {
  wallMs: number;
  workerCpuMs: number;
  serverCpuMs: number | undefined;
}

const turnsPerRun = 10;

/** Runs in a batch by concurrency: enough to fill it, few enough for twelve minutes in all. */
const batches = [
  { concurrency: 1, runs: 4 },
  { concurrency: 8, runs: 16 },
  { concurrency: 64, runs: 64 },
] as const;

export const loopParts = ['loop-read', 'loop-effect'] as const;

export async function measureLoop(world: World, options: SuiteOptions): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const [part, tool] of [
    ['loop-read', 'read_status'],
    ['loop-effect', 'restart'],
  ] as const) {
    for (const { concurrency, runs } of batches) {
      const id = `${part}/c${concurrency}`;
      if (!options.wants(id)) continue;
      options.progress(`${id}: ${options.rounds} rounds of ${runs} runs of each loop`);
      const run: LoopRun = { tool, turns: turnsPerRun };
      const results = await interleave(
        {
          bare: () => runBatch(world, bareLoop(world.door.client), run, { concurrency, runs }),
          governed: () => runBatch(world, governedLoop(world), run, { concurrency, runs }),
        },
        options.rounds,
      );
      measurements.push(...figures(id, runs, results));
    }
  }
  return measurements;
}

async function runBatch(
  world: World,
  loop: RunLoop,
  run: LoopRun,
  { concurrency, runs }: { concurrency: number; runs: number },
): Promise<Batch> {
  const before = { at: performance.now(), worker: ownCpuMs(), server: cpuMsOf(world.engine.pid) };
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < runs) {
      started += 1;
      await loop(run);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const server = cpuMsOf(world.engine.pid);
  startedByName.clear();
  return {
    wallMs: performance.now() - before.at,
    workerCpuMs: ownCpuMs() - before.worker,
    serverCpuMs: server === undefined || before.server === undefined ? undefined : server - before.server,
  };
}

function figures(id: string, runs: number, { bare, governed }: Record<'bare' | 'governed', Batch[]>): Measurement[] {
  const turns = runs * (turnsPerRun + 1);
  const ratio = (what: string, target: number | undefined, of: (batch: Batch) => number): Measurement => ({
    id: `${id}/${what}`,
    unit: 'x',
    better: 'lower',
    kind: 'ratio',
    ...(target === undefined ? {} : { target }),
    ...summariseRatio(governed.map(of), bare.map(of)),
  });
  const absolute = (what: string, unit: string, of: (batch: Batch) => number): Measurement[] =>
    (
      [
        ['bare', bare],
        ['governed', governed],
      ] as const
    ).map(([name, found]) => ({
      id: `${id}/${what}-${name}`,
      unit,
      better: 'lower',
      kind: 'absolute',
      ...summarise(found.map(of)),
    }));
  const serverIsKnown = [...bare, ...governed].every((batch) => batch.serverCpuMs !== undefined);
  const serverCpu = (batch: Batch): number => batch.serverCpuMs ?? Number.NaN;
  return [
    ratio('wall', 1.15, (batch) => batch.wallMs),
    ratio('cpu', 1.25, (batch) => batch.workerCpuMs + (batch.serverCpuMs ?? 0)),
    ratio('cpu-worker', undefined, (batch) => batch.workerCpuMs),
    ...(serverIsKnown ? [ratio('cpu-server', undefined, serverCpu)] : []),
    ...absolute('wall-per-run', 'ms', (batch) => batch.wallMs / runs),
    ...absolute('cpu-worker-per-1000-turns', 's', (batch) => batch.workerCpuMs / turns),
    ...(serverIsKnown ? absolute('cpu-server-per-1000-turns', 's', (batch) => serverCpu(batch) / turns) : []),
  ];
}
