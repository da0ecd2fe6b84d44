/** Limits and lists of a policy on a real server, each by a run of its own, side by side (P1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../support/harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const allowing = (parts: string) => `version: 1
roles: { operator: {} }
approvals: { default: { approvers: { principals: [olga] }, deadline: 60s } }
${parts}
rules:
  - { id: all, effect: allow, tools: ["*"], reason: the limits say what, labels: { untrusted: allow } }
`;
const restart = (...names: string[]) => ({ calls: names.map((name) => ({ name: 'restart', args: { name } })) });

/** Runs calls of one turn under a policy of their own; per call: the rule that denied it, or `allow`. */
async function judged(principal: string, parts: string, ...names: string[]): Promise<string[]> {
  const policyDigest = await harness.store.putBody(allowing(parts));
  const run = await harness.start([restart(...names), { text: 'Done.' }], { principal, policyDigest });
  await run.result();
  // The last of each call: a permit that expired before its turn is decided about again.
  const decisions = await harness.store.listDecisions(run.workflowId);
  const last = new Map(decisions.map(({ body }) => [body.callKey, body]));
  const verdicts = [...last.values()].map((body) =>
    body.verdict === 'allow' ? 'allow' : (body.rules.find((hit) => hit.effect === body.verdict)?.id ?? body.verdict),
  );
  expect(run.effects()).toHaveLength(verdicts.filter((verdict) => verdict === 'allow').length);
  return verdicts.toSorted();
}

describe.concurrent('limits', () => {
  it.for([
    ['limit-calls-per-minute', 'limits: { callsPerMinute: 1 }'],
    ['limit-calls-per-day', 'limits: { callsPerDay: 1 }'],
    ['limit-tool-calls-per-minute', 'tools: { restart: { limits: { callsPerMinute: 1 } } }'],
    ['limit-tool-calls-per-day', 'tools: { restart: { limits: { callsPerDay: 1 } } }'],
  ] as const)('P1 %s counts calls of a principal over runs', async ([rule, parts]) => {
    const first = await judged(`${rule}-user`, parts, 'a', 'b', 'c');
    const second = await judged(`${rule}-user`, parts, 'd');
    // Whether or not the clock began a new minute or day in between.
    expect([...first, ...second].toSorted()).toEqual(['allow', rule, rule, rule]);
    expect(await judged(`${rule}-other`, parts, 'a')).toEqual(['allow']);
  });

  it.for([
    ['limit-calls-per-run', 'limits: { callsPerRun: 2 }', ['allow', 'allow', 'limit-calls-per-run']],
    ['limit-calls-per-turn', 'limits: { callsPerTurn: 1 }', ['allow', 'limit-calls-per-turn', 'limit-calls-per-turn']],
    [
      'limit-tool-calls-per-run',
      'tools: { "re*": { limits: { callsPerRun: 1 } } }',
      ['allow', 'limit-tool-calls-per-run', 'limit-tool-calls-per-run'],
    ],
  ] as const)('P1 %s counts calls of a run', async ([rule, parts, verdicts]) => {
    expect(await judged(rule, parts, 'a', 'b', 'c')).toEqual(verdicts);
  });

  it.for([
    ['limit-model-tokens', 'limits: { modelTokens: 1 }'],
    ['limit-model-cost', 'limits: { modelCost: 0.000001 }\nprices: { gpt-test: { input: 1000, output: 1000 } }'],
    ['limit-model-cost', 'limits: { modelCost: 1000000 }\nprices: { another-model: { input: 1, output: 1 } }'],
    ['limit-run-time', 'limits: { runTime: 1ms }'],
    ['limit-argument-bytes', 'limits: { argumentBytes: 5 }'],
    ['blocked-word', 'blocked: { words: [WeB] }'],
    ['blocked-tool', 'blocked: { tools: ["rest*"] }'],
  ] as const)('P1 %s refuses: %s', async ([rule, parts]) => {
    expect(await judged(rule, parts, 'web')).toEqual([rule]);
  });

  it('P1 a run of a blocked user does not open', async () => {
    const principal = 'blocked';
    const policyDigest = await harness.store.putBody(allowing('blocked: { users: [blocked] }'));
    const run = await harness.start([restart('web'), { text: 'Done.' }], { principal, policyDigest });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'input-refused' } });
    expect(await harness.store.listDecisions(run.workflowId)).toEqual([]);
    expect(run.effects()).toEqual([]);
  });

  it('P1 the same limits allow what is within them', async () => {
    const parts = `limits: { modelTokens: 1000000, modelCost: 1, runTime: 1h, argumentBytes: 1000, concurrentRuns: 1, callsPerMinute: 9 }
prices: { gpt-test: { input: 1, output: 1 } }
blocked: { users: [nobody], words: [canteen], tools: [send] }`;
    expect(await judged('within', parts, 'web', 'api')).toEqual(['allow', 'allow']);
  });

  it('P1 limit-turns refuses what is called after the last turn', async () => {
    const policyDigest = await harness.store.putBody(allowing('limits: { turns: 1 }'));
    const run = await harness.start([restart('web'), restart('api'), { text: 'Done.' }], { policyDigest });
    await run.result();
    const decisions = await harness.store.listDecisions(run.workflowId);
    expect(decisions.map(({ body }) => [body.verdict, body.rules[0]?.id])).toEqual([
      ['allow', 'all'],
      ['deny', 'limit-turns'],
    ]);
    expect(run.effects()).toHaveLength(1);
  });

  it('P1 a second open run of a principal calls nothing, and the first goes on', async () => {
    const parts = 'limits: { concurrentRuns: 1 }\nrequire: { approval: all }';
    const principal = 'concurrent';
    const policyDigest = await harness.store.putBody(allowing(parts));
    const first = await harness.start([restart('web'), { text: 'Done.' }], { principal, policyDigest });
    const ask = await first.ask();
    expect(await judged(principal, parts, 'api')).toEqual(['limit-concurrent-runs']);
    await first.castVote(ask);
    await first.result();
    expect(first.effects()).toHaveLength(1);
  });
});

describe.concurrent('allowlists', () => {
  const list = (kind: string, allow: string) =>
    `allowlists: { ${kind}: [ { tools: [restart], argument: name, allow: ["${allow}"] } ] }`;

  it.for([
    ['commands', 'systemctl', 'systemctl restart web', 'systemctl restart web; reboot'],
    ['paths', '/srv/**', '/srv/a/b', '/srv/../etc/passwd'],
    ['hosts', '*.example.org', 'web.example.org', 'example.org.attacker.test'],
  ] as const)('P1 of %s lets through what is listed and nothing else', async ([kind, allow, good, bad]) => {
    expect(await judged(`list-${kind}`, list(kind, allow), good, bad)).toEqual(['allow', `allowlist-${kind}`]);
  });
});
