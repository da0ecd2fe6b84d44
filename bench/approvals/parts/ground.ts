/**
 * What the parts of this suite measure on: one engine, the gateway in this process, the worker in one of its own; two people, and
 * runs whose only call asks. Every run's effects are counted at the end, so a figure of something that did not happen is none.
 */
import { Countersign } from '../../../client/gateway-client.ts';
import { mintApiKey } from '../../../gateway/index.ts';
import { addAgent, type Ground, tool } from '../../../test/approval-conformance/countersign-driver.ts';
import { until } from '../../../test/support/until.ts';
import { summarise } from '../../parts/statistics.ts';
import type { Measurement } from '../../parts/suite.ts';

export interface Bench {
  ground: Ground;
  engine: { pid: number; address: string; namespace: string };
  /** Starts runs. */
  rita: Countersign;
  /** Answers. */
  olga: Countersign;
  runs: number;
  /** Effects that the votes so far must have caused. */
  expected: number;
}

export interface Request {
  workflowId: string;
  linkRunId: string;
  nonce: string;
  callKey: string;
  cardDigest: string;
  deadlineAt: number;
}

/** For what a loaded machine takes long for, ms. */
export const longMs = 600_000;

/** Runs of agent `name` ask, and silence denies after that time, ms. */
export async function addAsking(ground: Ground, name: string, deadlineMs: number): Promise<void> {
  const policy = `version: 1
roles: { operator: {} }
approvals: { default: { approvers: { roles: [operator] }, deadline: ${Math.ceil(deadlineMs)}ms } }
rules: [{ id: asks, effect: ask, tools: [${tool}], reason: a person must see it }]
`;
  await addAgent(ground, name, policy);
}

export async function openBench(ground: Ground, engine: Bench['engine']): Promise<Bench> {
  const [rita, olga] = [await clientOf(ground, 'rita'), await clientOf(ground, 'olga')];
  return { ground, engine, rita, olga, runs: 0, expected: 0 };
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

/**
 * Starts runs and waits until each has asked.
 * @param everyMs between two looks at one run at a time, so that looking takes little of what is measured
 */
export async function ask(bench: Bench, agent: string, runs: number, calls = 1, everyMs = 50): Promise<Request[]> {
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
  const requests: Request[] = [];
  for (const { workflowId } of started) {
    const look = async () => {
      const asks = await store.listAsks({ workflowId, limit: calls });
      return asks.length >= calls ? asks : undefined;
    };
    for (const row of await until('what a run asks', look, longMs, everyMs)) {
      const { nonce, callKey, deadlineAt, linkRunId } = row;
      const { body } = row.ask;
      if (body.verdict !== 'ask') throw new TypeError('Cannot read a request: its row holds another decision');
      requests.push({ workflowId, linkRunId, nonce, callKey, deadlineAt, cardDigest: body.ask.cardDigest });
    }
  }
  return requests;
}

/** Until each run has noted its end: what goes on of them would be in the figures that come next. */
export async function ended({ ground }: Bench, requests: readonly Pick<Request, 'workflowId'>[]): Promise<void> {
  const { store } = ground.harness;
  for (const workflowId of new Set(requests.map((one) => one.workflowId))) {
    const look = async () => ((await store.getRun(workflowId))?.closedAt ?? null) !== null;
    await until('the end of a run', look, longMs, 100);
  }
}

export function absolute(id: string, unit: string, samples: readonly number[]): Measurement {
  return { id, unit, better: 'lower', kind: 'absolute', ...summarise(samples) };
}
