/**
 * How late silence denies, by the histories' own times, where a thousand requests fall due: at one instant, and spread over a minute;
 * and where all requests of one run do. While the first thousand wait, what that costs: memory, and the time of a list.
 */
import { residentKilobytes } from '../../../test/campaigns/frame/resident-memory.ts';
import { until } from '../../../test/support/until.ts';
import { graceMs } from '../../../workflows/due-asks.ts';
import { quantile } from '../../parts/statistics.ts';
import type { Measurement, SuiteOptions } from '../../parts/suite.ts';
import { type Denied, readDenials } from './denied-at.ts';
import { absolute, addAsking, ask, type Bench, ended, longMs, type Request } from './ground.ts';

const wanted = 1000;
/** Runs that ask together, with a deadline of their own, so that the deadlines fall where they are wanted. */
const waveRuns = 20;
const spreadMs = 60_000;
const callsOfOneRun = 64;
/** Longer than a run takes to ask that often, ms. */
const askingMs = 15_000;
const listLimit = 200;
const listsPerRound = 3;
/** Waves that say how fast runs ask, and by how much slower a thousand may be. */
const paceWaves = 3;
const slack = 1.4;
const mostAgain = 2;
/** After all have asked, before the first falls due, ms. */
const restMs = 20_000;
const withinMs = 1000;

export async function measurePendingAndSilence(bench: Bench, options: SuiteOptions): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  if (options.wants('silence/one-run')) {
    options.progress(`silence/one-run: ${callsOfOneRun} requests of one run`);
    await addAsking(bench.ground, 'at-once', askingMs);
    measurements.push(...(await denials(bench, 'one-run', await ask(bench, 'at-once', 1, callsOfOneRun))));
  }
  const [pending, together] = [options.wants('pending'), options.wants('silence/same-instant')];
  const spread = options.wants('silence/spread-60s');
  if (!pending && !together && !spread) return measurements;
  options.progress('pending: how fast runs ask');
  let paceMs = await paceOf(bench);
  if (pending || together) {
    options.progress(`pending: ${wanted} runs with a request each, due at one instant`);
    const before = await residents(bench);
    let requests = await askDue(bench, 'together', paceMs, 0);
    // Asked too slowly, the first fell due before the last were asked: nothing of it would be a figure of a thousand.
    for (let again = 1; openOf(requests) < wanted && again <= mostAgain; again += 1) {
      paceMs *= 2;
      options.progress('pending: they asked too slowly; again, with more time');
      await ended(bench, requests);
      requests = await askDue(bench, `together-${again}`, paceMs, 0);
    }
    if (pending) measurements.push(...(await measurePending(bench, options, before, requests)));
    options.progress('silence/same-instant: waits until all were denied');
    if (together) measurements.push(...(await denials(bench, 'same-instant', requests)));
  }
  if (spread) {
    options.progress(`silence/spread-60s: ${wanted} runs with a request each, due over ${spreadMs / 1000} s`);
    measurements.push(...(await denials(bench, 'spread-60s', await askDue(bench, 'spread', paceMs, spreadMs))));
  }
  return measurements;
}

/** How long a wave takes for each of its runs, ms: deadlines are chosen by it. */
async function paceOf(bench: Bench): Promise<number> {
  const begin = performance.now();
  for (let wave = 0; wave < paceWaves; wave += 1) {
    await addAsking(bench.ground, `pace-${wave}`, 6 * longMs);
    await ask(bench, `pace-${wave}`, waveRuns);
  }
  return (performance.now() - begin) / (paceWaves * waveRuns);
}

/** Waves of runs, each with the deadline that is left until its own share of the time. */
async function askDue(bench: Bench, name: string, paceMs: number, overMs: number): Promise<Request[]> {
  const waves = wanted / waveRuns;
  const firstDueAt = Date.now() + slack * paceMs * wanted + restMs;
  const requests: Request[] = [];
  for (let wave = 0; wave < waves; wave += 1) {
    const dueAt = firstDueAt + (overMs * wave) / waves;
    await addAsking(bench.ground, `${name}-${wave}`, Math.max(withinMs, dueAt - Date.now()));
    requests.push(...(await ask(bench, `${name}-${wave}`, waveRuns)));
  }
  return requests;
}

/** Nobody votes on them: they are open until silence denies them. */
function openOf(requests: readonly Request[]): number {
  return requests.filter(({ deadlineAt }) => deadlineAt > Date.now()).length;
}

interface Residents {
  worker: number;
  engine: number;
}

/** MB */
async function residents({ ground, engine }: Bench): Promise<Residents> {
  const worker = (await ground.worker?.residentKilobytes()) ?? Number.NaN;
  return { worker: worker / 1024, engine: (await residentKilobytes(engine.pid)) / 1024 };
}

async function measurePending(
  bench: Bench,
  options: SuiteOptions,
  before: Residents,
  requests: readonly Request[],
): Promise<Measurement[]> {
  const { olga } = bench;
  const after = await residents(bench);
  const open = openOf(requests);
  const lists: number[] = [];
  const firstDueAt = Math.min(...requests.map(({ deadlineAt }) => deadlineAt));
  for (let round = 0; round < options.rounds * listsPerRound; round += 1) {
    const begin = performance.now();
    const { approvals } = await olga.approvals.list({ limit: listLimit });
    lists.push(performance.now() - begin);
    if (approvals.length !== listLimit) {
      throw new Error(`${approvals.length} requests are listed, expected ${listLimit} of ${open}`);
    }
    // A slow machine makes fewer lists: one that comes as they fall due is of another number.
    if (Date.now() + 2 * Math.max(...lists) > firstDueAt) break;
  }
  return [
    { ...absolute('pending/requests', 'requests', [open]), better: 'higher', target: wanted },
    absolute(`pending/list-${listLimit}`, 'ms', lists),
    absolute('pending/worker-resident', 'MB', [after.worker]),
    absolute('pending/worker-growth', 'MB', [Math.max(0, after.worker - before.worker)]),
    absolute('pending/engine-resident', 'MB', [after.engine]),
    absolute('pending/engine-growth', 'MB', [Math.max(0, after.engine - before.engine)]),
  ];
}

/** Waits until silence has denied them all, and reads from the histories when. */
async function denials(bench: Bench, id: string, requests: readonly Request[]): Promise<Measurement[]> {
  const { store } = bench.ground.harness;
  const lastDueAt = Math.max(...requests.map(({ deadlineAt }) => deadlineAt));
  const areDenied = async () => {
    const [first] = await store.listAsks({ open: true, limit: 1 });
    return first === undefined || first.deadlineAt > lastDueAt;
  };
  await until('the last denial', areDenied, longMs, 500);
  await ended(bench, requests);
  const denied = await readDenials(bench, requests);
  // Requests of one run share its timers.
  const ownTimers = new Set(requests.map(({ workflowId }) => workflowId)).size === requests.length;
  return [...(ownTimers ? firedFigures(id, denied) : []), ...deniedFigures(id, denied)];
}

function firedFigures(id: string, denied: readonly Denied[]): Measurement[] {
  const fired = denied.map(({ deadlineAt, firedAt }) => (firedAt ?? Number.NaN) - deadlineAt - graceMs);
  return [
    absolute(`silence/${id}/fired-p50`, 'ms', [quantile(fired, 0.5)]),
    { ...absolute(`silence/${id}/fired-p99`, 'ms', [quantile(fired, 0.99)]), target: withinMs },
  ];
}

function deniedFigures(id: string, denied: readonly Denied[]): Measurement[] {
  const deadlines = denied.map(({ deadlineAt }) => deadlineAt);
  const late = denied.map(({ deadlineAt, deniedAt }) => deniedAt - deadlineAt - graceMs);
  const within = late.filter((ms) => ms <= withinMs).length / late.length;
  return [
    absolute(`silence/${id}/deadlines-within`, 'ms', [Math.max(...deadlines) - Math.min(...deadlines)]),
    absolute(`silence/${id}/denied-p50`, 'ms', [quantile(late, 0.5)]),
    { ...absolute(`silence/${id}/denied-p99`, 'ms', [quantile(late, 0.99)]), target: withinMs },
    absolute(`silence/${id}/denied-last`, 'ms', [Math.max(...late)]),
    { ...absolute(`silence/${id}/denied-within-1s`, '%', [within * 100]), better: 'higher' },
  ];
}
