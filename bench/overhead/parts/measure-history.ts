/** What a run leaves in Temporal's history: events and bytes, of a whole run and of one turn more. */
import type { Client } from '@temporalio/client';
import { summarise } from '../../parts/statistics.ts';
import type { Measurement, SuiteOptions } from '../../parts/suite.ts';
import { bareLoop, governedLoop, type RunLoop } from '../agent-loops.ts';
import type { World } from '../world.ts';

interface Size {
  events: number;
  bytes: number;
}

const short = 10;
const long = 30;

export async function measureHistory(world: World, options: SuiteOptions): Promise<Measurement[]> {
  if (!options.wants('history')) return [];
  options.progress(`history: runs of ${short} and ${long} turns`);
  const { client } = world.door;
  const bare = await sizes(client, bareLoop(client));
  const governed = await sizes(client, governedLoop(world));
  const one = (id: string, unit: string, value: number, target?: number): Measurement => ({
    id: `history/${id}`,
    unit,
    better: 'lower',
    kind: unit === 'x' ? 'ratio' : 'absolute',
    ...(target === undefined ? {} : { target }),
    ...summarise([value]),
  });
  const perTurn = ({ inShort, inLong }: { inShort: Size; inLong: Size }, what: keyof Size): number =>
    (inLong[what] - inShort[what]) / (long - short);
  return [
    one('events-per-turn', 'x', perTurn(governed, 'events') / perTurn(bare, 'events'), 1.1),
    one('events-per-run', 'x', governed.inShort.events / bare.inShort.events, 1.15),
    one('bytes-per-run', 'x', governed.inShort.bytes / bare.inShort.bytes),
    one('bytes-per-turn', 'x', perTurn(governed, 'bytes') / perTurn(bare, 'bytes')),
    one('events-per-turn-bare', 'events', perTurn(bare, 'events')),
    one('events-per-turn-governed', 'events', perTurn(governed, 'events')),
    one('events-per-run-bare', 'events', bare.inShort.events),
    one('events-per-run-governed', 'events', governed.inShort.events),
    one('bytes-per-run-bare', 'bytes', bare.inShort.bytes),
    one('bytes-per-run-governed', 'bytes', governed.inShort.bytes),
  ];
}

async function sizes(client: Client, loop: RunLoop): Promise<{ inShort: Size; inLong: Size }> {
  return { inShort: await sizeOf(client, loop, short), inLong: await sizeOf(client, loop, long) };
}

async function sizeOf(client: Client, loop: RunLoop, turns: number): Promise<Size> {
  const workflowId = await loop({ tool: 'read_status', turns });
  const { historyLength, historySize = 0 } = await client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: historySize };
}
