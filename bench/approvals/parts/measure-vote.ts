/**
 * From the time that the gateway signed into a vote to the start that the tools worker signed into the receipt, one after the other
 * and many at once, against a signal and its activity on bare Temporal; and what a vote costs each process in CPU.
 */
import { effectsIn } from '../../../test/support/test-tools.ts';
import { until } from '../../../test/support/until.ts';
import { createBareActivities } from '../../overhead/bare/activities.ts';
import { startBareWait, startOf, type Waiting } from '../../overhead/bare/start-bare-wait.ts';
import { startBareWorker } from '../../overhead/bare/start-bare-worker.ts';
import { benchTools } from '../../overhead/tools.ts';
import { cpuMsOf, ownCpuMs } from '../../parts/process-cpu.ts';
import { quantile, summariseRatio } from '../../parts/statistics.ts';
import type { Measurement, SuiteOptions } from '../../parts/suite.ts';
import { absolute, ask, type Bench, ended, longMs, type Request } from './ground.ts';

const alone = 32;
const crowd = 64;
/**
 * Between two looks of the bench itself, ms: what it measures stands in signed times, so how often it looks changes no figure. A crowd
 * that looked as often as tests do took more of the machine than the gateway that it measured.
 */
const lookMs = { alone: 25, crowd: 500 } as const;

interface Round {
  alone: number[];
  crowd: number[];
  perSecond: number;
  cpu: { gateway: number; worker: number | undefined; engine: number | undefined };
  signalAlone: number[];
  signalCrowd: number[];
}

export async function measureVotes(bench: Bench, options: SuiteOptions): Promise<Measurement[]> {
  const { model } = bench.ground.harness;
  const tools = benchTools();
  const bare = await startBareWorker(
    bench.engine,
    createBareActivities({ baseURL: model.baseURL, instructions: '', tools }),
  );
  const rounds: Round[] = [];
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      options.progress(`vote: round ${round}, ${alone} one after the other, ${crowd} at once`);
      const ours = await votes(bench);
      rounds.push({ ...ours, ...(await signals(bench)) });
    }
  } finally {
    await bare.stop();
  }
  return figures(rounds);
}

function figures(rounds: readonly Round[]): Measurement[] {
  const median = (of: (round: Round) => readonly number[]): number[] => rounds.map((round) => quantile(of(round), 0.5));
  const ratio = (id: string, ours: number[], bare: number[]): Measurement => {
    return { id, unit: 'x', better: 'lower', kind: 'ratio', ...summariseRatio(ours, bare) };
  };
  const quantiles = (id: string, of: (round: Round) => readonly number[]): Measurement[] =>
    ([0.5, 0.99] as const).map((at) =>
      absolute(
        `vote/${id}-p${at * 100}`,
        'ms',
        rounds.map((round) => quantile(of(round), at)),
      ),
    );
  const cpu = (of: (round: Round['cpu']) => number | undefined): number[] =>
    rounds.map((round) => of(round.cpu) ?? Number.NaN);
  const counted = rounds.every((round) => round.cpu.worker !== undefined && round.cpu.engine !== undefined);
  return [
    ratio(
      'vote/c1-against-signal',
      median((round) => round.alone),
      median((round) => round.signalAlone),
    ),
    ratio(
      'vote/c64-against-signal',
      median((round) => round.crowd),
      median((round) => round.signalCrowd),
    ),
    ...quantiles('c1', (round) => round.alone),
    ...quantiles('c64', (round) => round.crowd),
    absolute(
      'vote/c1-signal-p50',
      'ms',
      median((round) => round.signalAlone),
    ),
    absolute(
      'vote/c64-signal-p50',
      'ms',
      median((round) => round.signalCrowd),
    ),
    {
      ...absolute(
        'vote/done-per-second',
        '1/s',
        rounds.map((round) => round.perSecond),
      ),
      better: 'higher',
    },
    ...(counted
      ? [
          absolute(
            'vote/cpu-gateway',
            'ms/vote',
            cpu((one) => one.gateway),
          ),
          absolute(
            'vote/cpu-worker',
            'ms/vote',
            cpu((one) => one.worker),
          ),
          absolute(
            'vote/cpu-engine',
            'ms/vote',
            cpu((one) => one.engine),
          ),
        ]
      : []),
  ];
}

async function votes(bench: Bench): Promise<Omit<Round, 'signalAlone' | 'signalCrowd'>> {
  const times: number[] = [];
  const before = await ask(bench, 'patient', alone);
  for (const request of before) times.push(waitedMs(await approve(bench, request, lookMs.alone)));
  await ended(bench, before);
  const requests = await ask(bench, 'patient', crowd);
  const since = cpuNow(bench);
  const answered = await Promise.all(requests.map((request) => approve(bench, request, lookMs.crowd)));
  await ended(bench, requests);
  const now = cpuNow(bench);
  bench.expected += alone + crowd;
  const castAt = Math.min(...answered.map((one) => one.castAt));
  const endedAt = Math.max(...answered.map((one) => one.endedAt));
  return {
    alone: times,
    crowd: answered.map(waitedMs),
    perSecond: (crowd * 1000) / (endedAt - castAt),
    cpu: {
      gateway: (now.gateway - since.gateway) / crowd,
      worker: perVote(since.worker, now.worker),
      engine: perVote(since.engine, now.engine),
    },
  };
}

/** All that a run does from its vote to its end is in it, and in the gateway's what this bench itself does. */
function cpuNow({ ground, engine }: Bench) {
  const worker = ground.worker ? cpuMsOf(ground.worker.pid) : undefined;
  return { gateway: ownCpuMs(), worker, engine: cpuMsOf(engine.pid) };
}

function perVote(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? undefined : (now - before) / crowd;
}

/** As gateway and tools worker signed them, ms since the Unix epoch. */
interface Times {
  castAt: number;
  startedAt: number;
  endedAt: number;
}

async function approve(
  { olga, ground }: Bench,
  { nonce, cardDigest, callKey }: Request,
  everyMs: number,
): Promise<Times> {
  const { castAt } = await olga.approvals.vote(nonce, { verdict: 'approve', cardDigest });
  const look = async () => {
    const fence = await ground.harness.store.getFence(callKey, 1);
    return fence?.receipt ? fence : undefined;
  };
  const row = await until('the receipt', look, longMs, everyMs);
  const { startedAt = Number.NaN, endedAt = Number.NaN } = row.receipt?.body ?? {};
  return { castAt, startedAt, endedAt };
}

function waitedMs({ castAt, startedAt }: Times): number {
  return startedAt - castAt;
}

async function signals(bench: Bench): Promise<Pick<Round, 'signalAlone' | 'signalCrowd'>> {
  const start = async (count: number) =>
    await Promise.all(
      Array.from({ length: count }, () => {
        bench.runs += 1;
        return startBareWait(bench.ground.harness.door.client, `bench-${bench.runs}`);
      }),
    );
  const waited = async (one: Waiting): Promise<number> => {
    const sentAt = await one.go();
    return (await startOf(one.name, lookMs.alone)) - sentAt;
  };
  const signalAlone: number[] = [];
  for (const one of await start(alone)) {
    signalAlone.push(await waited(one));
    await one.ended();
  }
  const waiting = await start(crowd);
  const signalCrowd = await Promise.all(waiting.map(waited));
  await Promise.all(waiting.map((one) => one.ended()));
  return { signalAlone, signalCrowd };
}

/** One too many or too few, and no figure of this suite is believed. @throws {Error} */
export function requireEffects({ ground, expected }: Bench): void {
  const happened = effectsIn(ground.harness.folder).length;
  if (happened !== expected) throw new Error(`${happened} effects happened, expected ${expected}`);
}
