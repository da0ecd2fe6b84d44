/** What the gate makes of the rules (P1): limits, denials that stand, labels, two policies, dry runs, targets, repeats. */
import { describe, expect, test } from 'vitest';
import type { TicketBody } from '../../../core/contracts/ticket.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import {
  createGateWorld,
  gatePolicy,
  type GateWorld,
  otherArgs,
  permitBodyOf,
  type WorldChanges,
  wordOf,
} from './check-call-world.ts';
import { linkRunId, otherUuid, start, workflowId } from './run-tool-world.ts';

const looseRule = "  - { id: loose, effect: allow, tools: ['*'], reason: anything goes }\n";
const loose = `${gatePolicy.split('rules:\n')[0]}rules:\n${looseRule}`;
const strict = loose.replace('effect: allow', 'effect: deny');

async function activate(world: GateWorld, policyDigest: string, agent = 'ops'): Promise<void> {
  await world.order({ kind: 'policy-activation', agent, packDigest: policyDigest, policyDigest, by: 'root' });
}

describe('P1 of two policies the stricter holds', () => {
  test.each([
    ['the run’s own, where the active one allows', gatePolicy, loose, 'ask asks'],
    ['the active one, where the run’s own allows', loose, gatePolicy, 'ask asks'],
    ['the active one, where it denies', loose, strict, 'deny loose'],
    ['the run’s own, where it denies', strict, loose, 'deny loose'],
    ['neither, where both allow', loose, `${loose}\n`, 'allow loose'],
  ])('%s', async (_name, own, active, word) => {
    const world = await createGateWorld({ policy: own });
    await activate(world, await world.store.putBody(active));
    expect(wordOf(await world.gate())).toBe(word);
  });

  test.each([
    ['the run’s own', { policyDigest: digestText('body', 'lost') }, undefined],
    ['the active one', {}, digestText('body', 'lost')],
  ])('and nothing is allowed when %s is missing', async (_name, ticket, active) => {
    const world = await createGateWorld({ policy: loose, ticket });
    await activate(world, active ?? world.policyDigest);
    expect(wordOf(await world.gate())).toBe('deny policy-missing');
  });

  test('and one that is active for another agent is none', async () => {
    const world = await createGateWorld();
    await activate(world, await world.store.putBody(strict), 'other');
    expect(wordOf(await world.gate())).toBe('ask asks');
  });
});

describe('P1 a limit of calls', () => {
  const limits = { turns: 9, refusalsInARow: 3, eventsPerLink: 1000, contextTokens: 1000 };
  const ofPolicy = (text: string) => gatePolicy.replace('rules:\n', `limits: { ${text} }\nrules:\n`);
  const ofTicket = (callsPerRun: number, callsPerTurn: number): Partial<TicketBody> => ({
    limits: { ...limits, callsPerRun, callsPerTurn },
  });
  test.each<[string, WorldChanges, number, string]>([
    ['of the run, by the ticket', { ticket: ofTicket(1, 9) }, 2, 'limit-calls-per-run'],
    ['of the turn, by the ticket', { ticket: ofTicket(9, 1) }, 1, 'limit-calls-per-turn'],
    ['of the run, by the policy', { policy: ofPolicy('callsPerRun: 1') }, 2, 'limit-calls-per-run'],
    ['of the turn, by the policy', { policy: ofPolicy('callsPerTurn: 1') }, 1, 'limit-calls-per-turn'],
  ])('%s holds for what is allowed and for what is asked about', async (_name, changes, turn, rule) => {
    for (const [first, second] of [
      ['restart', 'send'],
      ['send', 'restart'],
    ] as const) {
      const world = await createGateWorld(changes);
      expect(wordOf(await world.gate({ tool: first }))).toMatch(/^(allow|ask) /);
      expect(wordOf(await world.gate({ tool: second, turn, index: 1 }))).toContain(`deny ${rule}`);
    }
  });

  test.each([
    ['callsPerRun', 2, 'limit-calls-per-run'],
    ['callsPerTurn', 1, 'limit-calls-per-turn'],
  ])(
    'of the policy, %s, holds against a call that was admitted after the gate had counted',
    async (limit, turn, rule) => {
      const world = await createGateWorld({ policy: ofPolicy(`${limit}: 1`) });
      await world.gate({ tool: 'restart' });
      const { store } = world;
      const admitted = { run: 0, turn: 0, thisCallAndTry: false };
      world.dependencies.store = {
        ...store,
        gateView: async (query, kinds) => {
          const view = await store.gateView(query, kinds);
          return { ...view, state: { ...view.state, admitted } };
        },
      };
      expect(wordOf(await world.gate({ tool: 'restart', turn, index: 1 }))).toBe(`deny ${rule}`);
    },
  );

  test('counts a call once, however many passes it takes', async () => {
    const world = await createGateWorld({
      ticket: ofTicket(1, 1),
      policy: ofPolicy('callsPerRun: 1, callsPerTurn: 1'),
    });
    const ask = await world.ask();
    expect(wordOf(await world.gate({ ask, votes: [world.vote(ask)], pass: 2 }))).toBe('allow');
  });
});

describe('P2 a denial', () => {
  async function denied(act: (world: GateWorld) => Promise<void> = async () => {}): Promise<GateWorld> {
    const world = await createGateWorld();
    const ask = await world.ask();
    const denial = world.vote(ask, { verdict: 'deny' });
    expect(wordOf(await world.gate({ ask, votes: [denial], pass: 2 }))).toBe('deny denied-by-person');
    await act(world);
    return world;
  }

  test('stands for the same call in the whole run, also in a new epoch', async () => {
    const world = await denied();
    expect(wordOf(await world.gate({ turn: 2 }))).toBe('deny denied-before');
    await world.store.raiseRunEpoch({ workflowId, fromEpoch: 0, reason: 'a test', now: start });
    expect(wordOf(await world.gate({ turn: 3 }))).toBe('deny denied-before');
  });

  test('makes everything but reads ask for the rest of the run', async () => {
    const world = await denied();
    expect(wordOf(await world.gate({ turn: 2, tool: 'restart' }))).toBe('ask after-denial');
    expect(wordOf(await world.gate({ turn: 2, argumentsText: otherArgs, index: 2 }))).toBe('ask after-denial asks');
    expect(wordOf(await world.gate({ turn: 2, index: 1, tool: 'read_status' }))).toBe('allow reads');
  });

  test('that no gate has seen yet, but is stored, stands as well', async () => {
    const world = await createGateWorld();
    const denial = world.vote(await world.ask(), { verdict: 'deny' });
    await world.store.storeVote(denial, digestJson('vote', denial));
    expect(wordOf(await world.gate({ turn: 2 }))).toBe('deny denied-before');
  });

  test('that somebody wrote into the store without the key is none', async () => {
    const world = await createGateWorld();
    const vote = world.vote(await world.ask(), { verdict: 'deny' });
    const forged = { ...vote, issuedAt: vote.issuedAt + 1 };
    await world.store.storeVote(forged, digestJson('vote', forged));
    expect(wordOf(await world.gate({ turn: 2 }))).toBe('ask asks');
  });
});

describe('P1 what the model may have read', () => {
  const fire = { tool: 'fire', turn: 2 };
  test('of the user’s text, when it is untrusted, makes an allowed effect ask', async () => {
    const world = await createGateWorld({ ticket: { inputLabels: ['untrusted'] } });
    expect(wordOf(await world.gate(fire))).toBe('ask untrusted-context');
  });

  test('of an earlier turn’s result makes an allowed effect ask', async () => {
    const world = await createGateWorld();
    await world.looked({ purpose: 'target-state' }, { labels: ['untrusted'] });
    expect(wordOf(await world.gate(fire))).toBe('ask untrusted-context');
  });

  test('of a call whose receipt is missing is taken for untrusted', async () => {
    const world = await createGateWorld();
    await world.gate({ tool: 'read_status' });
    expect(wordOf(await world.gate(fire))).toBe('ask untrusted-context');
  });

  test('of nothing untrusted leaves it allowed: the control', async () => {
    const world = await createGateWorld();
    expect(wordOf(await world.gate(fire))).toBe('allow free');
  });
});

describe('P1 a dry run', () => {
  const ticket = { dryRun: true };
  test.each([
    ['starts no effect', 'restart', 'execute', 'deny dry-run'],
    ['describes what would be asked about', 'send', 'dry-run', 'allow'],
    ['reads', 'read_status', 'execute', 'allow reads'],
  ] as const)('%s', async (_name, tool, purpose, word) => {
    const world = await createGateWorld({ ticket });
    expect(wordOf(await world.gate({ tool, purpose }))).toBe(word);
  });

  test('does not describe what is denied', async () => {
    const world = await createGateWorld({ ticket, policy: strict });
    expect(wordOf(await world.gate({ purpose: 'dry-run' }))).toBe('deny loose');
  });
});

describe('P2 a target', () => {
  const scale = { tool: 'scale' };
  const targetStateDigest = digestText('target-state', '1');
  test('is read before anybody is asked, and is what the permit binds', async () => {
    const world = await createGateWorld();
    expect(wordOf(await world.gate(scale))).toBe('needs-target-state');
    expect(wordOf(await world.gate({ ...scale, purpose: 'target-state' }))).toBe('allow');
    await world.looked({ purpose: 'target-state', targetStateDigest });
    const ask = await world.ask(scale);
    const result = await world.gate({ ...scale, ask, votes: [world.vote(ask)], pass: 2 });
    expect(permitBodyOf(result).targetStateDigest).toBe(targetStateDigest);
  });

  test('of another try is read again', async () => {
    const world = await createGateWorld();
    await world.makeVoid(scale);
    await world.looked({ purpose: 'target-state', targetStateDigest });
    expect(wordOf(await world.gate({ ...scale, try: 2 }))).toBe('needs-target-state');
  });

  test('whose reading failed is read again: nothing starts without the state that it is held to', async () => {
    const world = await createGateWorld();
    await world.looked({ purpose: 'target-state', outcome: 'failed', targetStateDigest: null });
    expect(wordOf(await world.gate(scale))).toBe('needs-target-state');
  });

  test('is not what somebody wrote into the store without the worker’s key', async () => {
    const world = await createGateWorld();
    await world.looked({ purpose: 'target-state', targetStateDigest }, { forged: true });
    expect(wordOf(await world.gate(scale))).toBe('needs-target-state');
  });

  test('is not read for what is denied', async () => {
    const world = await createGateWorld({ policy: strict });
    expect(wordOf(await world.gate(scale))).toBe('deny loose');
    expect(wordOf(await world.gate({ ...scale, purpose: 'target-state', index: 1 }))).toBe('deny loose');
  });
});

describe('P1 a pass that is made again', () => {
  const restart = { tool: 'restart' };
  test('gets the decision that was recorded, and no second one', async () => {
    const world = await createGateWorld();
    const first = await world.gate(restart);
    expect(await world.gate(restart)).toEqual(first);
    expect(await world.store.listDecisions(workflowId)).toHaveLength(1);
  });

  test('gets the votes that its permit rests on, too', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const vote = world.vote(ask);
    await world.store.storeVote(vote, digestJson('vote', vote));
    const first = await world.gate({ ask, votes: [vote], pass: 2 });
    expect(first).toMatchObject({ kind: 'decided', votes: [vote] });
    expect(await world.gate({ ask, votes: [], pass: 2 })).toEqual(first);
  });

  test('after the run moved on in another link signs nothing', async () => {
    const world = await createGateWorld();
    world.dependencies.checkArguments = async () => {
      const rival = { workflowId, linkRunId: otherUuid, kind: 'reset' as const, expectedLastLinkRunId: linkRunId };
      await world.store.registerLink({ ...rival, now: start });
      return [];
    };
    expect(wordOf(await world.gate(restart))).toBe('hold store-unavailable');
    expect(await world.store.listDecisions(workflowId)).toEqual([]);
  });

  test.each([
    ['other arguments', { ...restart, argumentsText: otherArgs }],
    ['another tool', { tool: 'move' }],
  ])('for %s under the same name gets nothing', async (_name, changes) => {
    const world = await createGateWorld();
    await world.gate(restart);
    expect(wordOf(await world.gate(changes))).toBe('refused conflict');
  });
});

describe('P1 X5 port: the gate refuses', () => {
  test.each([
    ['a tool that is not there', { tool: 'none' }, 'deny unknown-tool'],
    ['a tool without a name', { tool: '' }, 'deny unknown-tool'],
    ['a tool with a blank name', { tool: '  ' }, 'deny unknown-tool'],
    ['a guard that no model can name', { tool: 'afterModel:mine', argumentsText: '{}' }, 'deny unknown-tool'],
    ['arguments that do not fit', { argumentsText: '{"name":1}' }, 'deny arguments-invalid'],
    ['arguments with a key twice', { argumentsText: '{"name":"a","name":"b"}' }, 'deny arguments-invalid'],
    ['arguments that are no JSON', { argumentsText: 'name' }, 'deny arguments-invalid'],
  ])('%s', async (_name, changes, word) => {
    const world = await createGateWorld();
    expect(wordOf(await world.gate(changes))).toBe(word);
  });

  test('C13 adapt: the same is refused before any tool hears of it, whatever the policy says', async () => {
    const world = await createGateWorld({ policy: loose });
    const words = [
      await world.gate({ index: 0, tool: 'none' }),
      await world.gate({ index: 1, tool: 'restart', argumentsText: '{"name":' }),
      await world.gate({ index: 2, tool: 'restart' }),
    ].map(wordOf);
    expect(words).toEqual(['deny unknown-tool', 'deny arguments-invalid', 'allow loose']);
  });

  test.each([
    ['that fit', '{"name":"all"}'],
    ['that do not fit', '{"name":1}'],
  ])('a secret in arguments %s', async (_name, argumentsText) => {
    const world = await createGateWorld();
    world.found.findings = [{ guard: 'secrets', rule: 'key', severity: 'high', message: 'a key' }];
    expect(wordOf(await world.gate({ tool: 'restart', argumentsText }))).toBe('deny secret-in-arguments');
  });

  test('what it cannot judge, without the fault’s own words', async () => {
    const world = await createGateWorld();
    world.dependencies.checkArguments = () => Promise.reject(new TypeError('what an attacker wrote'));
    const result = await world.gate({ tool: 'restart' });
    expect(wordOf(result)).toBe('deny gate-fault');
    expect(JSON.stringify(result)).not.toContain('attacker');
  });

  test('to ask when nobody could answer', async () => {
    const nobody = gatePolicy.replace(
      'approvers: { roles: [operator] }\n    quorum',
      'approvers: { principals: [eve] }\n    quorum',
    );
    const world = await createGateWorld({ policy: nobody });
    await activate(world, await world.store.putBody(nobody.replace('[eve]', '[mallory]')));
    expect(wordOf(await world.gate())).toContain('deny no-eligible-approver');
  });

  test('to permit for longer than a permit lives, or for another queue than the ticket names', async () => {
    const world = await createGateWorld();
    const result = await world.gate({ tool: 'restart' });
    expect(result).toMatchObject({ decision: { expiresAt: start + 60_000, body: { linkRunId, taskQueue: 'tools' } } });
  });
});

describe('P3 what became of an effect', () => {
  async function asked(word: Parameters<GateWorld['answer']>[1] | null, laterMs = 0) {
    const world = await createGateWorld();
    await world.execute();
    await world.makeVoid();
    const reconcile = { about: 'reconcile' } as const;
    const ask = await world.ask(reconcile);
    if (word) await world.answer(ask, word);
    world.clock.at += laterMs;
    const result = await world.gate({ ...reconcile, ask, pass: 2 });
    return result.kind === 'reconciled' ? result.answer : result.kind;
  }

  test.each<[string, string, Parameters<typeof asked>]>([
    ['is what a person answers', 'happened', [{ answer: 'happened' }]],
    ['is open while nobody answers', 'still-open', [null, 60_000]],
    ['is unknown when nobody does until the deadline', 'unanswered', [null, 60_001]],
    ['is not what was answered after the deadline', 'unanswered', [{ answeredAt: start + 60_001 }, 60_002]],
    ['is not what was answered of another call', 'still-open', [{ callKey: `${workflowId}/1.1` }]],
    ['is not what was answered to another request', 'still-open', [{ nonce: linkRunId }]],
  ])('%s', async (_name, answer, how) => {
    expect(await asked(...how)).toBe(answer);
  });

  test.each<[string, (world: GateWorld) => Promise<void>]>([
    ['the rules deny the call', async (world) => activate(world, await world.store.putBody(strict))],
    [
      'its arguments are taken for a secret',
      async (world) =>
        void (world.found.findings = [{ guard: 'secrets', rule: 'key', severity: 'high', message: 'x' }]),
    ],
  ])('is asked although %s by now', async (_name, act) => {
    const world = await createGateWorld();
    await world.execute();
    await world.makeVoid();
    await act(world);
    expect(wordOf(await world.gate({ about: 'reconcile' }))).toMatch(/^ask/);
  });
});
