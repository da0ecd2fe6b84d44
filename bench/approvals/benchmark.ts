/**
 * What approvals cost people in time: from an accepted vote to the tool, votes a second, a list with a thousand pending, and how
 * late silence denies. The gateway is asked over HTTP; the worker is a process of its own; every effect is counted at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Countersign } from '../../client/gateway-client.ts';
import { mintApiKey } from '../../gateway/index.ts';
import { addAgent, type Ground, openGround, tool } from '../../test/approval-conformance/countersign-driver.ts';
import { effectsIn } from '../../test/support/test-tools.ts';
import { until } from '../../test/support/until.ts';
import { graceMs } from '../../workflows/due-asks.ts';
import { startBenchEngine } from '../parts/start-bench-engine.ts';
import { quantile, summarise } from '../parts/statistics.ts';
import type { Measurement, Suite, SuiteOptions } from '../parts/suite.ts';

const crowd = 64;
/**
 * Between two looks of the bench itself, ms: what it measures stands in signed times, so how often it looks changes no figure. A crowd
 * that looked as often as tests do took more of the machine than the gateway that it measured.
 */
const lookMs = { alone: 25, crowd: 500 } as const;
const manyMs = 600_000;
const pendingRuns = 20;
const pendingCallsPerRun = 50;

export const suite: Suite = {
  name: 'approvals',
  summary: 'from a vote to the tool, votes a second, a thousand pending, and how late silence denies',
  rounds: 3,
  parts: ['vote', 'pending', 'silence'],
  async measure(options) {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-approvals-'));
    const engine = await startBenchEngine(folder);
    try {
      const ground = await openGround({ address: engine.address, namespace: engine.namespace });
      try {
        return await measureOn(ground, options);
      } finally {
        // Drained, so that a profile of it is written.
        ground.worker?.signal('SIGTERM');
        await ground.worker?.ended;
        await ground.close();
      }
    } finally {
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measureOn(ground: Ground, options: SuiteOptions): Promise<Measurement[]> {
  await addAgent(ground, 'patient', policyOf('1h'));
  await addAgent(ground, 'brief', policyOf('5s'));
  const [rita, olga] = [await clientOf(ground, 'rita'), await clientOf(ground, 'olga')];
  const bench: Bench = { ground, rita, olga, runs: 0, expected: 0 };
  const measurements: Measurement[] = [];
  if (options.wants('vote')) measurements.push(...(await measureVotes(bench, options)));
  if (options.wants('silence')) measurements.push(...(await measureSilence(bench, options)));
  if (options.wants('pending')) measurements.push(...(await measurePending(bench, options)));
  const happened = effectsIn(ground.harness.folder).length;
  if (happened !== bench.expected) throw new Error(`${happened} effects happened, expected ${bench.expected}`);
  return measurements;
}

interface Bench {
  ground: Ground;
  rita: Countersign;
  olga: Countersign;
  runs: number;
  /** Effects that the votes so far must have caused. */
  expected: number;
}

function policyOf(deadline: string): string {
  return `version: 1
roles: { operator: {} }
approvals: { default: { approvers: { roles: [operator] }, deadline: ${deadline} } }
rules: [{ id: asks, effect: ask, tools: [${tool}], reason: a person must see it }]
`;
}

async function clientOf({ options, gateway }: Ground, principal: string): Promise<Countersign> {
  const { apiKey } = await mintApiKey(options, {
    principal,
    roles: ['operator'],
    person: true,
    scopes: ['runs:start', 'runs:read', 'runs:cancel', 'approvals:read', 'approvals:vote'],
    expiresAt: Date.now() + 86_400_000,
    mintedBy: principal,
  });
  return new Countersign({ url: gateway?.url ?? '', apiKey, timeoutMs: 60_000 });
}

interface Request {
  workflowId: string;
  nonce: string;
  callKey: string;
  cardDigest: string;
  deadlineAt: number;
}

/** Runs that wait, each with so many requests. */
async function ask(bench: Bench, agent: string, runs: number, calls = 1): Promise<Request[]> {
  const { store, model } = bench.ground.harness;
  const started = await Promise.all(
    Array.from({ length: runs }, async () => {
      bench.runs += 1;
      const input = `bench ${bench.runs}.`;
      const names = Array.from({ length: calls }, (_, index) => `n${index}`);
      model.script(input, [{ calls: names.map((name) => ({ name: tool, args: { name } })) }, { text: 'end' }]);
      return await bench.rita.runs.start({ agent, input });
    }),
  );
  const found = started.map(async ({ workflowId }) => {
    const look = async () => {
      const asks = await store.listAsks({ workflowId, limit: calls });
      return asks.length >= calls ? asks : undefined;
    };
    const rows = await until('what a run asks', look, manyMs, lookMs.crowd);
    return rows.flatMap(({ nonce, callKey, deadlineAt, ask: { body } }) =>
      body.verdict === 'ask' ? [{ workflowId, nonce, callKey, deadlineAt, cardDigest: body.ask.cardDigest }] : [],
    );
  });
  return (await Promise.all(found)).flat();
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
  const row = await until('the receipt', look, manyMs, everyMs);
  const { startedAt = Number.NaN, endedAt = Number.NaN } = row.receipt?.body ?? {};
  return { castAt, startedAt, endedAt };
}

function waitedMs({ castAt, startedAt }: Times): number {
  return startedAt - castAt;
}

async function measureVotes(bench: Bench, options: SuiteOptions): Promise<Measurement[]> {
  const alone: number[] = [];
  const together: number[] = [];
  const rates: number[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    options.progress(`vote: round ${round}, ${crowd} one after the other, ${crowd} at once`);
    for (const request of await ask(bench, 'patient', crowd)) {
      alone.push(waitedMs(await approve(bench, request, lookMs.alone)));
    }
    const requests = await ask(bench, 'patient', crowd);
    const times = await Promise.all(requests.map((request) => approve(bench, request, lookMs.crowd)));
    together.push(...times.map(waitedMs));
    const [first, last] = [
      Math.min(...times.map(({ castAt }) => castAt)),
      Math.max(...times.map((one) => one.endedAt)),
    ];
    rates.push((crowd * 1000) / (last - first));
    bench.expected += 2 * crowd;
  }
  return [
    absolute('vote/c1-p50', 'ms', [quantile(alone, 0.5)]),
    absolute('vote/c1-p99', 'ms', [quantile(alone, 0.99)]),
    absolute('vote/c64-p50', 'ms', [quantile(together, 0.5)]),
    absolute('vote/c64-p99', 'ms', [quantile(together, 0.99)]),
    { ...absolute('vote/done-per-second', '1/s', rates), better: 'higher' },
  ];
}

/** All at once, so that the time-outs come at once, too. */
async function measureSilence(bench: Bench, options: SuiteOptions): Promise<Measurement[]> {
  options.progress(`silence: ${crowd} deadlines at once`);
  const requests = await ask(bench, 'brief', crowd);
  const { store } = bench.ground.harness;
  const late = await Promise.all(
    requests.map(async ({ nonce, deadlineAt }) => {
      const look = async () => {
        const found = await store.getAsk(nonce);
        return found?.outcome === null ? undefined : found;
      };
      const row = await until('the end of a request', look, manyMs, lookMs.crowd);
      if (row.outcome !== 'expired') throw new Error(`a request is ${row.outcome}, expected expired`);
      return (row.closedAt ?? Number.NaN) - deadlineAt - graceMs;
    }),
  );
  return [
    absolute('silence/after-grace-p50', 'ms', [quantile(late, 0.5)]),
    { ...absolute('silence/after-grace-p99', 'ms', [quantile(late, 0.99)]), target: 1000 },
  ];
}

async function measurePending(bench: Bench, options: SuiteOptions): Promise<Measurement[]> {
  const { ground, olga } = bench;
  const residentMB = async (): Promise<number> => (await ground.worker?.residentKilobytes()) ?? Number.NaN;
  const before = await residentMB();
  options.progress(`pending: ${pendingRuns} runs with ${pendingCallsPerRun} requests each`);
  const requests = await ask(bench, 'patient', pendingRuns, pendingCallsPerRun);
  const after = await residentMB();
  const lists: number[] = [];
  for (let round = 0; round < options.rounds * 3; round += 1) {
    const begin = performance.now();
    const { approvals } = await olga.approvals.list({ limit: 200 });
    lists.push(performance.now() - begin);
    if (approvals.length !== 200)
      throw new Error(`${approvals.length} requests are listed, expected 200 of ${requests.length}`);
  }
  return [
    absolute('pending/requests', 'requests', [requests.length]),
    absolute('pending/list-200', 'ms', lists),
    absolute('pending/worker-resident', 'MB', [after / 1024]),
    absolute('pending/worker-growth', 'MB', [Math.max(0, after - before) / 1024]),
  ];
}

function absolute(id: string, unit: string, samples: readonly number[]): Measurement {
  return { id, unit, better: 'lower', kind: 'absolute', ...summarise(samples) };
}
