/** How fast a worker that lost its cache is back: events replayed per second, governed against bare. */
import { Worker } from '@temporalio/worker';
import { payloadConverterPath } from '../../../client/temporal-door.ts';
import { bundleFolder } from '../../../test/support/bundle-folder.ts';
import { workflowBundle } from '../../../worker/workflow-bundle.ts';
import { interleave } from '../../parts/interleave.ts';
import { summarise, summariseRatio } from '../../parts/statistics.ts';
import type { Measurement, SuiteOptions } from '../../parts/suite.ts';
import { bareLoop, governedLoop, type RunLoop } from '../agent-loops.ts';
import { bareBundle } from '../bare/start-bare-worker.ts';
import type { World } from '../world.ts';

type History = Awaited<ReturnType<ReturnType<World['door']['client']['workflow']['getHandle']>['fetchHistory']>>;
type ReplayOptions = Parameters<typeof Worker.runReplayHistories>[0];

const turns = 30;
const copies = 20;

export async function measureReplay(world: World, options: SuiteOptions): Promise<Measurement[]> {
  if (!options.wants('replay')) return [];
  options.progress(`replay: ${options.rounds} rounds of ${copies} histories of ${turns} turns`);
  const bare = await recorded(world, bareLoop(world.door.client));
  const governed = await recorded(world, governedLoop(world));
  const product: ReplayOptions = {
    workflowBundle: await workflowBundle(bundleFolder),
    dataConverter: { payloadConverterPath },
  };
  const plain: ReplayOptions = { workflowBundle: await bareBundle() };
  const speeds = await interleave(
    { bare: () => eventsPerSecond(plain, bare), governed: () => eventsPerSecond(product, governed) },
    options.rounds,
  );
  const absolute = (name: 'bare' | 'governed'): Measurement => ({
    id: `replay/events-per-s-${name}`,
    unit: 'events/s',
    better: 'higher',
    kind: 'absolute',
    ...summarise(speeds[name]),
  });
  return [
    {
      id: 'replay/events-per-s',
      unit: 'x',
      better: 'higher',
      kind: 'ratio',
      target: 0.85,
      ...summariseRatio(speeds.governed, speeds.bare),
    },
    absolute('bare'),
    absolute('governed'),
  ];
}

async function recorded({ door }: World, loop: RunLoop): Promise<History> {
  return await door.client.workflow.getHandle(await loop({ tool: 'read_status', turns })).fetchHistory();
}

/** From the first history that is done, so that starting the replay worker is not counted. */
async function eventsPerSecond(options: ReplayOptions, history: History): Promise<number> {
  const histories = Array.from({ length: copies + 1 }, (_, copy) => ({ workflowId: `replay-${copy}`, history }));
  let startedAt: number | undefined;
  for await (const { error } of Worker.runReplayHistories(options, histories)) {
    if (error) throw error;
    startedAt ??= performance.now();
  }
  if (startedAt === undefined) throw new Error('Cannot measure replay: nothing was replayed');
  return ((history.events?.length ?? 0) * copies) / ((performance.now() - startedAt) / 1000);
}
