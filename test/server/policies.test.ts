/** Policies on a real server: each kind of rule, limit, layer and mode, and what reaches a run that is running (P1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, type StartedRun, startHarness, testPolicy } from '../support/harness.ts';

const parts = `groups: { crew: { principals: [rita], roles: [operator] } }
limits: { callsPerMinute: 1000, modelTokens: 100000000, concurrentRuns: 50 }
tools:
  restart:
    limits: { callsPerRun: 1 }
    arguments: { name: { oneOf: [web, api, db, canteen] } }
blocked: { words: [canteen], tools: [torn_send] }
dryRun: { reads: run }
rules:
  - { id: not-db, effect: deny, tools: [restart], reason: databases stay up, when: args.name == "db" }
  - { id: many, effect: deny, tools: [read_status], reason: enough, when: 'run.callsByTool["read_status"] > 1' }
  - { id: crew-only, effect: deny, tools: ["*"], reason: crew only, when: '!("crew" in principal.groups)' }
`;
const policy = testPolicy().replace('rules:\n', parts);
const allowing = `version: 1
roles: { operator: {} }
approvals: { default: { approvers: { principals: [olga] }, deadline: 60s } }
rules:
  - { id: all, effect: allow, tools: ["*"], reason: the layers below say what, labels: { untrusted: allow } }
`;
const noSending = `${allowing}  - { id: no-sending, effect: deny, tools: [send], reason: nothing is sent today }\n`;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ policy });
});
afterAll(() => harness.stop());

async function layer(name: string, text: string | null, mode: 'enforce' | 'shadow' = 'enforce'): Promise<void> {
  const policyDigest = text === null ? null : await harness.store.putBody(text);
  const kind = name === 'organisation' ? 'organisation' : 'team';
  await harness.desk.control({
    kind: 'policy-layer',
    layer: kind,
    name,
    mode,
    policyDigest,
    by: 'root',
    proposedBy: null,
  });
}
async function verdicts(run: StartedRun): Promise<string[]> {
  const decisions = await harness.store.listDecisions(run.workflowId);
  return decisions.map(
    ({ body }) => `${body.tool.name} ${body.verdict} ${body.rules.find((one) => one.effect === body.verdict)?.id}`,
  );
}
const call = (name: string, ofWhat = 'web') => ({ calls: [{ name, args: { name: ofWhat } }] });

describe('policies', () => {
  it('P1 every kind of rule refuses before anything runs, and says which', async () => {
    const run = await harness.start([
      call('restart', 'db'),
      call('restart', 'elsewhere'),
      call('read_status'),
      call('restart', 'canteen'),
      call('torn_send'),
      call('read_status'),
      call('read_status'),
      call('restart', 'web'),
      call('restart', 'api'),
      { text: 'Done.' },
    ]);
    expect((await run.result()).text).toBe('Done.');
    expect(await verdicts(run)).toEqual([
      'restart deny not-db',
      'restart deny argument-constraint',
      'read_status allow reads',
      'restart deny blocked-word',
      'torn_send deny blocked-tool',
      'read_status allow reads',
      'read_status deny many',
      'restart allow restarts',
      'restart deny limit-tool-calls-per-run',
    ]);
    expect(run.effects()).toEqual([`restart web ${run.workflowId}/8.0 1`]);
    const { counted } = await harness.store.gateState({ ...run, callKey: `${run.workflowId}/9.0`, turn: 9, try: 1 });
    expect(counted.callsByTool).toEqual({ read_status: 2, restart: 1 });
    expect(counted.usage).toMatchObject([{ model: 'gpt-test' }]);
  });

  it('P1 a principal outside the group is refused', async () => {
    const run = await harness.start([call('restart'), { text: 'No.' }], { principal: 'eve' });
    await run.result();
    expect(await verdicts(run)).toEqual(['restart deny crew-only']);
  });

  it('P1 tightening reaches a running run before its approved call starts, and later calls', async () => {
    const run = await harness.start([call('send'), call('send', 'again'), { text: 'Not sent.' }]);
    const ask = await run.ask();
    await layer('organisation', noSending);
    await run.castVote(ask);
    expect((await run.result()).text).toBe('Not sent.');
    expect(run.effects()).toEqual([]);
    expect(await verdicts(run)).toEqual([
      'send ask effects',
      'send deny organisation/no-sending',
      'send deny organisation/no-sending',
    ]);
    await layer('organisation', null);
  });

  it('P2 terms that were tightened while people were asked hold for their answer: they are asked anew, and once enough it runs', async () => {
    const whySo = allowing
      .replace('{ principals: [olga] }', '{ roles: [operator] }, reasonRequired: true')
      .replace('effect: allow', 'effect: ask')
      .replace(', labels: { untrusted: allow }', '');
    const run = await harness.start([call('send'), { text: 'Sent.' }]);
    const first = await run.ask();
    await layer('organisation', whySo);
    await run.castVote(first);
    const second = await run.ask(1);
    expect(second.nonce).not.toBe(first.nonce);
    expect(await harness.store.getAsk(first.nonce)).toMatchObject({ outcome: 'superseded' });
    expect(run.effects()).toEqual([]);
    await run.castVote(second, { reason: 'the customer asked for it' });
    expect((await run.result()).text).toBe('Sent.');
    expect(run.effects()).toHaveLength(1);
    const decided = await verdicts(run);
    expect(decided.map((words) => words.split(' ')[1])).toEqual(['ask', 'deny', 'ask', 'allow']);
    expect(decided[1]).toBe('send deny terms-tightened');
    await layer('organisation', null);
  });

  it('P1 a loosening does not reach a run that pinned the stricter version, of the pack or of a layer', async () => {
    const strict = await harness.store.putBody(noSending);
    const layers = [{ layer: 'organisation' as const, name: 'organisation', policyDigest: strict }];
    await layer('organisation', allowing);
    const { agent } = harness.desk.ticket(harness.pack, '', harness.taskQueues).body;
    const looser = await harness.store.putBody(allowing);
    const { packDigest } = harness.pack;
    await harness.desk.control({ kind: 'policy-activation', agent, packDigest, policyDigest: looser, by: 'root' });
    const pinning = await harness.start([call('send'), { text: 'Not sent.' }], { layers });
    await pinning.result();
    expect(await verdicts(pinning)).toEqual(['send deny organisation/no-sending']);
    const running = await harness.start([call('send'), { text: 'Not sent.' }]);
    await running.castVote(await running.ask(), { verdict: 'deny', reason: 'no' });
    await running.result();
    expect((await verdicts(running))[0]).toBe('send ask effects');
    const fresh = await harness.start([call('send'), { text: 'Sent.' }], { policyDigest: looser });
    await fresh.result();
    expect(await verdicts(fresh)).toEqual(['send allow all']);
    const policyDigest = harness.pack.policyDigest;
    await harness.desk.control({ kind: 'policy-activation', agent, packDigest, policyDigest, by: 'root' });
    await layer('organisation', null);
  });

  it('P1 a team without a policy refuses; with one, it counts; a shadow is recorded and changes nothing', async () => {
    const teams = allowing.replace('rules:', 'layers: { teams: { sre: { agents: ["test*"] } } }\nrules:');
    await layer('organisation', teams);
    const without = await harness.start([call('restart'), { text: 'No.' }]);
    await without.result();
    expect(await verdicts(without)).toEqual(['restart deny layer-missing']);
    await layer('sre', allowing);
    await layer('sre', `${allowing}  - { id: nothing, effect: deny, tools: ["*"], reason: shadow }\n`, 'shadow');
    const run = await harness.start([call('restart'), { text: 'Restarted.' }]);
    await run.result();
    const [decision] = await harness.store.listDecisions(run.workflowId);
    expect(decision?.body).toMatchObject({
      verdict: 'allow',
      layers: [{ layer: 'pack' }, { layer: 'organisation' }, { layer: 'team', name: 'sre' }],
      shadow: [{ layer: 'team', name: 'sre', verdict: 'deny', rules: ['nothing', 'all'] }],
    });
    expect(run.effects()).toHaveLength(1);
    await layer('organisation', null);
  });

  it('P1 in a dry run reads run where the policy says so, and nothing else does', async () => {
    const run = await harness.start([call('read_status'), call('restart'), { text: 'Seen.' }], { dryRun: true });
    expect((await run.result()).text).toBe('Seen.');
    expect(run.effects()).toEqual([]);
    const results = JSON.stringify(harness.model.requests(run.input).at(-1));
    expect(results).toContain('[DRY RUN] would execute restart');
    expect(results).toContain('web is up');
    expect(results).not.toContain('would execute read_status');
  });
});
