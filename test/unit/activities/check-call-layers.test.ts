/** P1 under several layers: the strictest of every pinned and active version holds, what is missing denies, shadow changes nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PinnedLayer } from '../../../core/contracts/ticket.ts';
import { digestText } from '../../../core/digest.ts';
import {
  createGateWorld,
  gatePolicy,
  type GateWorld,
  permitBodyOf,
  type WorldChanges,
  wordOf,
} from './check-call-world.ts';
import { workflowId } from './run-tool-world.ts';

const head = gatePolicy.split('rules:\n')[0] ?? '';
const rules = (effect: string, more = '') =>
  `${head}${more}rules:\n  - { id: all, effect: ${effect}, tools: ['*'], reason: because }\n`;
const [allowing, asking, denying] = [rules('allow'), rules('ask'), rules('deny')];
const ofTeam = rules('allow', 'layers: { teams: { sre: { agents: [ops] } } }\n');

async function layer(
  world: GateWorld,
  kind: 'organisation' | 'team' | 'pack',
  name: string,
  text: string | null,
  mode: 'enforce' | 'shadow' = 'enforce',
): Promise<string | null> {
  const policyDigest = text === null ? null : await world.store.putBody(text);
  await world.order({ kind: 'policy-layer', layer: kind, name, mode, policyDigest, by: 'root', proposedBy: null });
  return policyDigest;
}
const organisation = (world: GateWorld, text: string | null, mode?: 'shadow') =>
  layer(world, 'organisation', 'organisation', text, mode);
const pinned = (text: string): PinnedLayer => ({
  layer: 'organisation',
  name: 'organisation',
  policyDigest: digestText('body', text),
});
async function createWorld(changes: WorldChanges = {}): Promise<GateWorld> {
  return await createGateWorld({ policy: allowing, ...changes });
}

describe('P1 a layer above the pack', () => {
  test.each([
    ['denies', denying, 'deny organisation/all'],
    ['asks', asking, 'ask organisation/all'],
    ['allows', allowing, 'allow all organisation/all'],
  ])('that %s tightens and never loosens', async (_, text, word) => {
    const world = await createWorld();
    await organisation(world, text);
    expect(wordOf(await world.gate())).toBe(word);
    const strict = await createWorld({ policy: denying });
    await organisation(strict, text);
    expect(wordOf(await strict.gate())).toMatch(/^deny all/u);
  });

  test('reaches a running run at its next call; loosened or taken away, it still holds for the run that pinned it', async () => {
    const world = await createWorld();
    expect(wordOf(await world.gate())).toBe('allow all');
    await organisation(world, denying);
    expect(wordOf(await world.gate({ turn: 2 }))).toBe('deny organisation/all');
    const pinning = await createWorld({ ticket: { layers: [pinned(denying)] } });
    await organisation(pinning, denying);
    await organisation(pinning, allowing);
    expect(wordOf(await pinning.gate())).toBe('deny organisation/all');
    await organisation(pinning, null);
    expect(wordOf(await pinning.gate({ turn: 2 }))).toBe('deny organisation/all');
  });

  test('whose body is gone denies, pinned or active', async () => {
    const lost = await createWorld({ ticket: { layers: [pinned('lost')] } });
    expect(wordOf(await lost.gate())).toBe('deny layer-missing');
    const world = await createWorld();
    const policyDigest = digestText('body', 'lost');
    const order = { layer: 'organisation', name: 'organisation', mode: 'enforce', policyDigest } as const;
    await world.order({ kind: 'policy-layer', ...order, by: 'root', proposedBy: null });
    expect(wordOf(await world.gate())).toBe('deny layer-missing');
  });

  test.each(['organisation', 'team', 'pack'] as const)(
    'that a run pinned denies when its body is gone, although the active version of the %s is there',
    async (kind) => {
      const lost = digestText('body', 'lost');
      const of = { organisation: 'organisation', team: 'sre', pack: 'ops' } as const;
      const gone: PinnedLayer[] = kind === 'pack' ? [] : [{ layer: kind, name: of[kind], policyDigest: lost }];
      const ticket = kind === 'pack' ? { policyDigest: lost } : { layers: gone };
      const world = await createWorld({ ticket });
      await organisation(world, ofTeam);
      await layer(world, 'team', 'sre', allowing);
      const rule = kind === 'pack' ? 'policy-missing' : 'layer-missing';
      expect(wordOf(await world.gate())).toBe(`deny ${rule}`);
      expect(wordOf(await world.gate({ tool: 'read_status', turn: 2 }))).toBe(`deny ${rule}`);
    },
  );

  test('that a run pinned denies when its body is no policy any more', async () => {
    const world = await createWorld({ ticket: { layers: [pinned('version: 2')] } });
    await world.store.putBody('version: 2');
    await organisation(world, allowing);
    expect(wordOf(await world.gate())).toBe('deny layer-missing');
  });

  test('that an agent belongs to must be there, and then counts; another team’s does not', async () => {
    const world = await createWorld();
    await organisation(world, ofTeam);
    await layer(world, 'team', 'other', denying);
    expect(wordOf(await world.gate())).toBe('deny layer-missing');
    await layer(world, 'team', 'sre', asking);
    expect(wordOf(await world.gate({ turn: 2 }))).toBe('ask team:sre/all');
  });

  test('of a team holds for the run that pinned it, whatever the organisation says of teams since', async () => {
    const policyDigest = digestText('body', denying);
    const world = await createWorld({ ticket: { layers: [{ layer: 'team', name: 'sre', policyDigest }] } });
    await world.store.putBody(denying);
    await organisation(world, allowing);
    expect(wordOf(await world.gate())).toBe('deny team:sre/all');
  });

  test('that was written into the database without the control key is none', async () => {
    const world = await createWorld();
    await organisation(world, denying);
    const [genuine] = await world.store.listControl(['policy-layer']);
    if (genuine?.body.kind !== 'policy-layer') throw new TypeError('no such record');
    const policyDigest = await world.store.putBody(allowing);
    await world.store.appendControl((sequence) => ({
      ...genuine,
      body: { ...genuine.body, sequence, policyDigest } as never,
    }));
    expect(wordOf(await world.gate())).toBe('deny organisation/all');
  });

  test('is in the decision with what it said, and judges approvers where it asks', async () => {
    const world = await createWorld();
    const digest = await organisation(world, asking);
    const ask = await world.ask();
    expect(ask.body.layers).toMatchObject([
      { layer: 'pack', verdict: 'allow' },
      { layer: 'organisation', policyDigest: digest, verdict: 'ask' },
    ]);
    expect(ask.body).toMatchObject({ approverPolicies: [digest] });
  });
});

describe('P1 whatever versions a run pinned and whatever is active since', () => {
  const effects = ['allow', 'ask', 'deny'] as const;
  const version = fc.constantFrom(...effects);
  const layers = { pack: 'ops', organisation: 'organisation', team: 'sre' } as const;
  const of = (kind: keyof typeof layers, effect: string) =>
    rules(effect, kind === 'organisation' ? 'layers: { teams: { sre: { agents: [ops] } } }\n' : '');

  test('the strictest of all of them is the verdict, and nothing is allowed that one of them refuses (property)', async () => {
    const pair = fc.record({ pinned: version, active: version });
    await fc.assert(
      fc.asyncProperty(pair, pair, pair, async (pack, organisationPair, team) => {
        const above = { organisation: organisationPair, team };
        const pinnedLayers = (['organisation', 'team'] as const).map((kind) => {
          return { layer: kind, name: layers[kind], policyDigest: digestText('body', of(kind, above[kind].pinned)) };
        });
        const world = await createWorld({ policy: of('pack', pack.pinned), ticket: { layers: pinnedLayers } });
        for (const kind of ['organisation', 'team'] as const) {
          await world.store.putBody(of(kind, above[kind].pinned));
          await layer(world, kind, layers[kind], of(kind, above[kind].active));
        }
        const policyDigest = await world.store.putBody(of('pack', pack.active));
        const packDigest = digestText('body', 'a pack');
        await world.order({ kind: 'policy-activation', agent: 'ops', packDigest, policyDigest, by: 'root' });
        const said = [pack, organisationPair, team].flatMap(({ pinned: was, active }) => [was, active]);
        const strictest = Math.max(...said.map((effect) => effects.indexOf(effect)));
        expect(wordOf(await world.gate()).split(' ')[0]).toBe(effects[strictest]);
      }),
      { numRuns: 40, seed: 20_261_129 },
    );
  });
});

describe('P1 a version in shadow', () => {
  test.each([
    [denying, 'deny'],
    [allowing, 'allow'],
  ])('changes nothing and is recorded', async (text, would) => {
    for (const [policy, word] of [
      [allowing, 'allow all'],
      [denying, 'deny all'],
    ] as const) {
      const world = await createWorld({ policy });
      const digest = await organisation(world, text, 'shadow');
      const result = await world.gate();
      expect(wordOf(result)).toBe(word);
      if (result.kind !== 'decided') throw new TypeError('not decided');
      expect(result.decision.body.shadow).toEqual([
        { layer: 'organisation', name: 'organisation', policyDigest: digest, verdict: would, rules: ['all'] },
      ]);
    }
  });

  test('of a pack stands beside the enforced one', async () => {
    const world = await createWorld({ policy: asking });
    await layer(world, 'pack', 'ops', allowing, 'shadow');
    expect(wordOf(await world.gate())).toBe('ask all');
    await layer(world, 'pack', 'ops', null, 'shadow');
    expect((await world.ask({ turn: 2 })).body.shadow).toBeUndefined();
  });
});

describe('P1 a limit of a policy', () => {
  const limited = (text: string) => rules('allow', text);
  test.each([
    ['calls in a minute', 'limits: { callsPerMinute: 1 }\n', 'limit-calls-per-minute'],
    ['calls in a day', 'limits: { callsPerDay: 1 }\n', 'limit-calls-per-day'],
    ['calls of a tool in a run', 'tools: { "f*": { limits: { callsPerRun: 1 } } }\n', 'limit-tool-calls-per-run'],
    [
      'calls of a tool in a minute',
      'tools: { fire: { limits: { callsPerMinute: 1 } } }\n',
      'limit-tool-calls-per-minute',
    ],
    ['calls of a tool in a day', 'tools: { fire: { limits: { callsPerDay: 1 } } }\n', 'limit-tool-calls-per-day'],
  ])('on %s admits the first call and denies the second', async (_, text, rule) => {
    const world = await createWorld({ policy: limited(text) });
    expect(wordOf(await world.gate({ tool: 'fire' }))).toBe('allow all');
    const again = await world.gate({ tool: 'read_status', turn: 2 });
    const second = await world.gate({ tool: 'fire', turn: 3 });
    expect(wordOf(second)).toBe(`deny ${rule}`);
    expect(wordOf(again)).toBe(text.startsWith('tools') ? 'allow all' : `deny ${rule}`);
  });

  test('on a minute holds in every minute, not only in those of the clock, and says when the next call is free', async () => {
    const world = await createWorld({ policy: limited('limits: { callsPerMinute: 2 }\n') });
    // One second before a minute of the clock ends: the next one begins within what is counted here.
    world.clock.at += 59_000 - (world.clock.at % 60_000);
    const startedAt = world.clock.at;
    const look = { tool: 'read_status' };
    await world.gate(look);
    await world.gate({ ...look, turn: 2 });
    world.clock.at += 1000;
    const third = await world.gate({ ...look, turn: 3 });
    expect(wordOf(third)).toBe('deny limit-calls-per-minute');
    const freeAt = new Date(startedAt + 60_000).toISOString();
    const reason = `the limit of 2 calls is reached; the next one is free at ${freeAt}`;
    expect(third).toHaveProperty('decision.body.rules.0.reason', reason);
    world.clock.at = startedAt + 60_000;
    expect(wordOf(await world.gate({ ...look, turn: 4 }))).toBe('allow all');
  });

  test('on time, tokens and cost counts what the run took; an unpriced model is beyond any cost', async () => {
    const old = await createWorld({ policy: limited('limits: { runTime: 1h }\n') });
    old.clock.at += 3_600_001;
    expect(wordOf(await old.gate())).toBe('deny limit-run-time');
    const usage = { workflowId, model: 'm', input: 900_000, output: 100_001 };
    const tokens = await createWorld({ policy: limited('limits: { modelTokens: 1000000 }\n') });
    expect(wordOf(await tokens.gate())).toBe('allow all');
    await tokens.store.addModelUsage(usage);
    expect(wordOf(await tokens.gate({ turn: 2 }))).toBe('deny limit-model-tokens');
    for (const [model, word] of [
      ['m', 'allow all'],
      ['other', 'deny limit-model-cost'],
    ]) {
      const world = await createWorld({
        policy: limited('limits: { modelCost: 3 }\nprices: { m: { input: 2, output: 10 } }\n'),
      });
      await world.store.addModelUsage({ ...usage, model: String(model) });
      expect(wordOf(await world.gate())).toBe(word);
    }
  });

  test('of a layer above counts beside the pack’s own', async () => {
    const world = await createWorld();
    await organisation(world, limited('limits: { callsPerDay: 1 }\n'));
    await world.gate();
    expect(wordOf(await world.gate({ turn: 2 }))).toBe('deny limit-calls-per-day');
  });
});

describe('P1 what a tool gives back', () => {
  const trusting = (tools: string) =>
    rules('allow', `labels: { trustedResults: [{ tools: [${tools}], reason: ours }] }\n`);
  test('is trusted only where every policy of every layer says so of this tool', async () => {
    const world = await createWorld({ policy: trusting('read_status') });
    expect(permitBodyOf(await world.gate({ tool: 'read_status' })).trustedResult).toBe(true);
    expect(permitBodyOf(await world.gate({ tool: 'read_secret', index: 1 })).trustedResult).toBeUndefined();
    await organisation(world, allowing);
    expect(permitBodyOf(await world.gate({ tool: 'read_status', turn: 3 })).trustedResult).toBeUndefined();
    await organisation(world, trusting('"read_*"'));
    expect(permitBodyOf(await world.gate({ tool: 'read_status', turn: 4 })).trustedResult).toBe(true);
    const policyDigest = await world.store.putBody(allowing);
    const packDigest = digestText('body', 'a pack');
    await world.order({ kind: 'policy-activation', agent: 'ops', packDigest, policyDigest, by: 'root' });
    expect(permitBodyOf(await world.gate({ tool: 'read_status', turn: 5 })).trustedResult).toBeUndefined();
  });

  test.each([
    [allowing, trusting('read_status'), undefined],
    [trusting('read_status'), allowing, true],
  ])('is neither trusted nor distrusted by a version in shadow', async (policy, shadow, trusted) => {
    const world = await createWorld({ policy });
    await organisation(world, shadow, 'shadow');
    await layer(world, 'pack', 'ops', shadow, 'shadow');
    expect(permitBodyOf(await world.gate({ tool: 'read_status' })).trustedResult).toBe(trusted);
  });
});

describe('P1 reads in a dry run', () => {
  const dryRun = { ticket: { dryRun: true } };
  test('are only described, unless every policy lets them run', async () => {
    const look = { tool: 'read_status', purpose: 'dry-run' } as const;
    const described = await createWorld(dryRun);
    expect(permitBodyOf(await described.gate(look)).dryRunRead).toBeUndefined();
    const running = await createWorld({ ...dryRun, policy: rules('allow', 'dryRun: { reads: run }\n') });
    expect(permitBodyOf(await running.gate(look)).dryRunRead).toBe(true);
    expect(permitBodyOf(await running.gate({ ...look, tool: 'fire', turn: 2 })).dryRunRead).toBeUndefined();
    await organisation(running, allowing);
    expect(permitBodyOf(await running.gate({ ...look, turn: 3 })).dryRunRead).toBeUndefined();
  });
});
