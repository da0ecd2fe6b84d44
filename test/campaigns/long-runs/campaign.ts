/**
 * Runs of 10, 200, 500 and 1,500 turns in one chain each: what a turn costs must not depend on how many there were before. One
 * of them loses its worker by kill -9 in the middle and goes on with a cold cache; all are compacted again and again. And a
 * run that waits for people through more than thirty simulated days.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TemporalDoor } from '../../../client/temporal-door.ts';
import { until } from '../../support/until.ts';
import type { Campaign, CampaignFailure, CampaignOrder, CampaignResult, Table } from '../campaign.ts';
import { startApprover } from '../frame/approver.ts';
import { type MemorySample, trendOf } from '../frame/memory-trend.ts';
import { startWorld, type World } from '../frame/world.ts';
import { type HistorySize, historySize, largestRequest, paceAround, storyOf } from './measure-run.ts';
import { compactionsShown } from './postmortem.ts';
import { everyTenth, postedBy, stepsOf } from './script.ts';
import { waitThirtyDays } from './thirty-days.ts';

const fullTurns = 1500;
const shortTurns = 10;
const contextTokens = 8000;
/** Bytes of a turn in the long run over those in the short one, whose start and end weigh more. */
const mostBytesRatio = 1.05;
/**
 * More than this for each turn is a leak, KB, after collections. Nothing of a turn stays for longer than its link and until the
 * next compaction; its history is some 8 KB. Native memory goes in pieces, and is given back in pieces.
 */
const mostSlopeKB = { heap: 5, resident: 15 } as const;
const looks = 24;
/** The last turns of the longest run may take so much longer than the first; the rest is the machine's noise. */
const mostPaceRatio = 1.5;
/** A model call that died with the worker is asked again after its heartbeat time-out of 10 s. */
const mostRestartMs = 20_000;
/** Answered in time, but for the third, which nobody answers. */
const askedInTurn = 'approved,approved,expired,approved';
const sampleEveryMs = 500;
const turnPatienceMs = 2000;

interface LongRun {
  workflowId: string;
  input: string;
  turns: number;
  completed: boolean;
  seconds: number;
  size: HistorySize;
  largestTokens: number;
}

export const longRuns: Campaign = {
  name: 'long-runs',
  summary:
    'Runs of 10, 200, 500 and 1,500 turns: history, time and memory of a turn stay what they were, also over a kill -9 in the middle.',
  unit: 'turns',
  fullCount: fullTurns,
  async run(order) {
    const world = await startWorld(order.folder, { pack: join(import.meta.dirname, 'pack'), isInspected: true });
    const door = await world.openDoor();
    try {
      return await measured(order, world, door);
    } finally {
      await door.close();
      await world.stop();
    }
  },
};

async function measured(order: CampaignOrder, world: World, door: TemporalDoor): Promise<CampaignResult> {
  const share = (full: number): number => Math.max(shortTurns, Math.round((full * order.count) / fullTurns));
  const plain = { order, world, door };
  const short = await longRun(plain, shortTurns);
  const long = await longRun(plain, share(200));
  const restarted: { ms?: number } = {};
  // An effect that was in doubt is tried again only with a person's word.
  const approver = startApprover(world.gateway, () => 'approve');
  let killed: LongRun;
  try {
    killed = await longRun(plain, share(500), async (run) => {
      restarted.ms = await killInTheMiddle(world, run, order);
    });
  } finally {
    await approver.stop();
  }
  const memory: MemorySample[] = [];
  const longest = await longRun(plain, share(fullTurns), (run) => sampleMemory(world, run, memory));
  const runs = [short, long, killed, longest];

  const pace = await paceAround(world.store, longest.workflowId, [20, 200, 1000, longest.turns - 20]);
  const trends = (['heap', 'resident'] as const).map((kind) => ({
    name: kind === 'heap' ? 'heaps' : 'resident memory',
    most: mostSlopeKB[kind],
    ...trendOf(memory, `${kind}Kilobytes`),
  }));
  order.progress('thirty days of waiting, simulated');
  const waited = await waitThirtyDays(join(order.folder, 'thirty-days'));
  const shown = [
    await compactionsShown(world, door, long.workflowId),
    await compactionsShown(world, door, killed.workflowId),
  ];
  const effects = world.outside.effects().map(({ name }) => name);
  const wanted = runs.flatMap(({ input, turns }) => postedBy(input, turns));
  const lost = runs.flatMap(({ workflowId, input, turns }) =>
    postedBy(input, turns).flatMap((name, index) =>
      effects.includes(name) ? [] : [{ workflowId, turn: (index + 1) * everyTenth }],
    ),
  );
  const stories = await Promise.all(lost.map(({ workflowId, turn }) => storyOf(world.store, workflowId, turn)));
  const bytesRatio = bytesPerTurn(long) / bytesPerTurn(short);
  const isFull = order.count >= fullTurns;

  const failures: CampaignFailure[] = [];
  const expectThat = (holds: boolean, what: string): void => void (holds || failures.push({ case: null, what }));
  for (const run of runs) {
    expectThat(run.completed, `the run of ${run.turns} turns (${run.workflowId}) did not complete with all its calls`);
    expectThat(
      run.largestTokens <= contextTokens,
      `a request of the run of ${run.turns} turns took ${run.largestTokens} tokens, expected at most ${contextTokens}`,
    );
  }
  expectThat(
    effects.toSorted().join() === wanted.toSorted().join(),
    `${effects.length} effects (${new Set(effects).size} different), expected ${wanted.length}, each once; ${stories.join('; ')}`,
  );
  expectThat(bytesRatio <= mostBytesRatio, `a turn of the longer run takes ${round(bytesRatio)} times the history`);
  expectThat(
    shown.every(({ verified }) => verified),
    'the record of a run differs from its code, its signatures or its store',
  );
  for (const { inHistory, inPostmortem } of shown)
    expectThat(inHistory === inPostmortem, `${inHistory} compactions, ${inPostmortem} of them in the postmortem`);
  expectThat(killed.turns < 50 || (shown[1]?.inHistory ?? 0) > 0, 'the killed run was never compacted');
  expectThat((restarted.ms ?? Infinity) <= mostRestartMs, `it went on ${restarted.ms} ms after the restart`);
  expectThat(
    waited.days >= 30 && waited.outcome === 'completed' && waited.effects === 3 && waited.asks.join() === askedInTurn,
    `after ${waited.days} days of waiting: ${waited.outcome}, ${waited.effects} effects, requests ${waited.asks.join(', ')}`,
  );
  if (isFull) {
    for (const { name, slopeKB, most } of trends)
      expectThat(slopeKB <= most, `${name} of the worker: ${slopeKB} KB more a turn, expected at most ${most}`);
    const paceRatio = (pace.at(-1) ?? Number.NaN) / (pace[0] ?? Number.NaN);
    expectThat(paceRatio <= mostPaceRatio, `the last turns take ${round(paceRatio)} times the first ones`);
  }
  const rows: Table['rows'] = [
    ...runs.map((run) => [
      `${run.turns} turns: links / events / history KB a turn / largest request, tokens`,
      `${run.size.links} / ${run.size.events} / ${round(bytesPerTurn(run) / 1024)} / ${run.largestTokens}`,
    ]),
    ['history bytes a turn, longer over shortest', `${round(bytesRatio)} (at most ${mostBytesRatio})`],
    ['ms a turn around turn 20 / 200 / 1,000 / the last', pace.map((one) => one ?? 'none').join(' / ')],
    ['seconds of the longest run', Math.round(longest.seconds)],
    ...trends.map(({ name, fromMB, toMB, slopeKB, most }) => [
      `${name} of the worker after a collection, MB; slope, KB a turn`,
      `${fromMB} to ${toMB}; ${slopeKB} (${isFull ? `at most ${most}` : 'too few turns to judge'})`,
    ]),
    ['next decision after kill -9 and restart of the worker, ms', restarted.ms ?? 'none'],
    ['effects wanted / happened / different', `${wanted.length} / ${effects.length} / ${new Set(effects).size}`],
    [
      'compactions in history / in the postmortem',
      shown.map(({ inHistory, inPostmortem }) => `${inHistory} / ${inPostmortem}`).join(', '),
    ],
    [
      'simulated days of waiting: requests in turn; effects',
      `${waited.days}: ${waited.asks.join(', ')}; ${waited.effects}`,
    ],
    ['records verified', `${shown.filter(({ verified }) => verified).length} of ${shown.length}`],
  ];
  return { table: { columns: ['what', 'how much'], rows }, failures };
}

type Site = { order: CampaignOrder; world: World; door: TemporalDoor };
type Started = { workflowId: string; turns: number };

/** @param meanwhile ends at the latest with the run */
async function longRun(
  { order, world, door }: Site,
  turns: number,
  meanwhile: (run: Started) => Promise<void> = () => Promise.resolve(),
): Promise<LongRun> {
  const input = `long run of ${turns} turns, seed ${order.seed}.`;
  order.progress(`${turns} turns`);
  world.model.script(input, stepsOf(input, turns));
  const begin = performance.now();
  const { workflowId } = await world.gateway().runs.start({ agent: 'marathon', input });
  const ended = meanwhile({ workflowId, turns });
  const result = (await door.client.workflow.getHandle(workflowId).result()) as { outcome: string; calls: number };
  const seconds = (performance.now() - begin) / 1000;
  await ended;
  const completed = result.outcome === 'completed' && result.calls === turns;
  const size = await historySize(door, workflowId);
  return { workflowId, input, turns, completed, seconds, size, largestTokens: largestRequest(world.model, input) };
}

/** @returns ms from the worker's being ready again to the run's next decision */
async function killInTheMiddle(world: World, { workflowId, turns }: Started, order: CampaignOrder): Promise<number> {
  const decided = async (): Promise<number> => (await world.store.getRun(workflowId))?.turnMark ?? 0;
  const patienceMs = 60_000 + turns * turnPatienceMs;
  await until('half of the turns', async () => (await decided()) >= turns / 2, patienceMs);
  order.progress(`kill -9 of the worker at turn ${await decided()}`);
  await world.kill(['worker']);
  const before = await decided();
  await world.startMissing();
  const begin = performance.now();
  await until('the next decision', async () => (await decided()) > before, patienceMs);
  return Math.round(performance.now() - begin);
}

async function sampleMemory(world: World, { workflowId, turns }: Started, samples: MemorySample[]): Promise<void> {
  for (let next = 0; ; ) {
    const run = await world.store.getRun(workflowId);
    if (run && run.closedAt !== null) return;
    const done = run?.turnMark ?? 0;
    if (done >= next) {
      next = done + turns / looks;
      samples.push({ done, ...(await world.liveMemoryOf('worker')) });
    }
    await delay(sampleEveryMs);
  }
}

function bytesPerTurn({ size, turns }: LongRun): number {
  return size.bytes / turns;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
