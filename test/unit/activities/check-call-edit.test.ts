/** P2: what the gate makes of an edit: the request ends, the call comes back with other arguments, and its editor approves none of it. */
import { describe, expect, test } from 'vitest';
import type { CheckCallInput } from '../../../core/contracts/activities.ts';
import type { SignedVote } from '../../../core/contracts/approval.ts';
import type { SignedDecision } from '../../../core/contracts/decision.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import {
  args,
  argumentsDigest,
  createGateWorld,
  gatePolicy,
  type GateWorld,
  keyIdOf,
  otherArgs,
  permitBodyOf,
  wordOf,
} from './check-call-world.ts';
import { start } from './run-tool-world.ts';
import { zero } from '../../support/ticket-body.ts';

const withTerms = (terms: string): string => gatePolicy.replace('    quorum: 1\n', terms);

async function editTo(
  world: GateWorld,
  ask: SignedDecision,
  text: string,
  more: Partial<SignedVote['body']> = {},
): Promise<SignedVote> {
  const edits = { argumentsDigest: digestText('arguments', text), argumentsBody: await world.store.putBody(text) };
  return world.vote(ask, { verdict: 'edit', edits, ...more });
}

/** The pass that takes an edit, and the first one after it. */
async function taken(
  world: GateWorld,
  ask: SignedDecision,
  text: string,
  pass = 2,
  more: Partial<CheckCallInput> = {},
) {
  const vote = await editTo(world, ask, text);
  const result = await world.gate({ ask, votes: [vote], pass, ...more });
  if (result.kind !== 'decided' || result.edited === undefined) throw new TypeError(`not taken: ${wordOf(result)}`);
  const next: Partial<CheckCallInput> = {
    argumentsText: result.edited,
    edit: result.decision,
    pass: pass + 1,
    round: 2,
    ...more,
  };
  return { vote, result, decision: result.decision, next };
}

function askOf(decision: SignedDecision) {
  if (decision.body.verdict !== 'ask') throw new TypeError('not an ask');
  return decision.body.ask;
}

const cardOf = async (world: GateWorld, ask: SignedDecision): Promise<unknown> =>
  JSON.parse((await world.store.getAsk(askOf(ask).nonce))?.card ?? '{}') as unknown;

describe('P2 an edit', () => {
  test('ends the request as superseded by a signed decision that allows nothing and names the edit', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const { vote, result } = await taken(world, ask, otherArgs);
    expect(wordOf(result)).toContain('deny edited-by-person');
    expect(result).toMatchObject({
      edited: otherArgs,
      decision: {
        body: {
          outcome: 'superseded',
          nonce: askOf(ask).nonce,
          argumentsDigest,
          edit: {
            voteDigest: digestJson('vote', vote),
            by: 'olga',
            number: 1,
            argumentsDigest: digestText('arguments', otherArgs),
            originalDigest: argumentsDigest,
            coAuthors: ['olga'],
          },
        },
      },
    });
    expect(await world.store.getAsk(askOf(ask).nonce)).toMatchObject({ outcome: 'superseded' });
  });

  test('makes a new round whose signed ask and card say who edited what, and whose approval permits exactly that', async () => {
    const world = await createGateWorld();
    const { vote, next } = await taken(world, await world.ask(), otherArgs);
    const ask = await world.ask(next);
    expect(ask.body.argumentsDigest).toBe(digestText('arguments', otherArgs));
    expect(askOf(ask)).toMatchObject({
      coAuthors: ['olga'],
      edited: { voteDigest: digestJson('vote', vote), number: 1, originalDigest: argumentsDigest },
      editable: { left: 2 },
    });
    expect(await cardOf(world, ask)).toMatchObject({
      edited: {
        by: ['olga'],
        originalDigest: argumentsDigest,
        changes: [{ path: '/name', before: '"all"', after: '"one"' }],
        more: 0,
      },
    });
    const permit = await world.gate({ ...next, ask, votes: [world.vote(ask, { principal: 'quinn' })], pass: 4 });
    expect(permitBodyOf(permit)).toMatchObject({
      argumentsDigest: digestText('arguments', otherArgs),
      approval: { nonce: askOf(ask).nonce },
    });
  });

  test('does not let its editor approve the new round, under no name, with no key that they made, nor one made with that', async () => {
    const policy = gatePolicy.replace('roles:\n', 'people: { olga: [olga, olga-admin] }\nroles:\n');
    const world = await createGateWorld({ policy });
    await world.enrol('olga-admin');
    await world.enrol('puppet', { mintedBy: 'olga', madeByBearer: true });
    await world.enrol('next', { mintedBy: 'puppet', mintedWith: keyIdOf('puppet'), madeByBearer: true });
    await world.enrol('other', { mintedBy: 'olga-admin', madeByBearer: true });
    const { next } = await taken(world, await world.ask(), otherArgs);
    const ask = await world.ask(next);
    for (const principal of ['olga', 'olga-admin', 'puppet', 'next', 'other']) {
      const result = await world.gate({ ...next, ask, votes: [world.vote(ask, { principal })], pass: 4 });
      expect(wordOf(result), principal).toBe('still-open');
    }
  });

  test('keeps its editor out also where requesters may approve', async () => {
    const world = await createGateWorld({ policy: withTerms('    quorum: 1\n    requesterMayApprove: true\n') });
    const { next } = await taken(world, await world.ask(), otherArgs);
    const ask = await world.ask(next);
    expect(wordOf(await world.gate({ ...next, ask, votes: [world.vote(ask)], pass: 4 }))).toBe('still-open');
  });

  test('lets its editor deny the new round', async () => {
    const world = await createGateWorld();
    const { next } = await taken(world, await world.ask(), otherArgs);
    const ask = await world.ask(next);
    const result = await world.gate({ ...next, ask, votes: [world.vote(ask, { verdict: 'deny' })], pass: 4 });
    expect(wordOf(result)).toContain('deny denied-by-person');
  });

  test('denies at once where nobody but its editor could approve', async () => {
    const world = await createGateWorld();
    const { next } = await taken(world, await world.ask(), otherArgs);
    await world.order({ kind: 'api-key-revocation', keyId: keyIdOf('quinn'), by: 'root' });
    await world.enrol('puppet', { mintedBy: 'olga', madeByBearer: true });
    expect(wordOf(await world.gate(next))).toContain('deny no-eligible-approver');
  });

  test('goes through the rules: what they deny is denied, and what they allow needs nobody', async () => {
    const rule = '  - { id: never, effect: deny, tools: [send], when: args.name == "one", reason: never one }\n';
    const denying = await createGateWorld({ policy: `${gatePolicy}${rule}` });
    const { next } = await taken(denying, await denying.ask(), otherArgs);
    expect(wordOf(await denying.gate(next))).toContain('deny never');
    const free = gatePolicy.replace(
      'tools: [send, move, scale, plan, read_secret], reason',
      'tools: [send], when: args.name != "one", reason',
    );
    const allowing = await createGateWorld({
      policy: `${free}  - { id: one, effect: allow, tools: [send], when: args.name == "one", reason: just one }\n`,
    });
    const allowed = await taken(allowing, await allowing.ask(), otherArgs);
    expect(permitBodyOf(await allowing.gate(allowed.next))).toMatchObject({ approval: null });
  });

  test('is refused by the schema, the guards and a denial of the same arguments as any call is', async () => {
    const world = await createGateWorld();
    const unfit = await taken(world, await world.ask(), '{"name":7}');
    expect(wordOf(await world.gate(unfit.next))).toBe('deny arguments-invalid');

    const guarded = await createGateWorld();
    const { next } = await taken(guarded, await guarded.ask(), otherArgs);
    guarded.found.findings.push({ guard: 'secrets', rule: 'a-rule', severity: 'high', message: 'a secret' });
    expect(wordOf(await guarded.gate(next))).toBe('deny secret-in-arguments');

    const denied = await createGateWorld();
    const first = await denied.ask({ argumentsText: otherArgs, index: 1 });
    await denied.gate({
      argumentsText: otherArgs,
      index: 1,
      ask: first,
      votes: [denied.vote(first, { verdict: 'deny', callKey: first.body.callKey })],
      pass: 2,
    });
    const again = await taken(denied, await denied.ask(), otherArgs);
    expect(wordOf(await denied.gate(again.next))).toBe('deny denied-before');
  });

  test('asks for another reading of the target: what was read is of other arguments', async () => {
    const world = await createGateWorld();
    await world.looked({ purpose: 'target-state', targetStateDigest: zero });
    const ask = await world.ask({ tool: 'scale' });
    const { next } = await taken(world, ask, otherArgs, 2, { tool: 'scale' });
    expect(wordOf(await world.gate(next))).toBe('needs-target-state');
  });

  test('is counted once for the limits: the call is the same one', async () => {
    const world = await createGateWorld();
    const { next } = await taken(world, await world.ask(), otherArgs);
    await world.ask(next);
    const { admitted } = await world.store.gateState({
      workflowId: world.caller.workflowId,
      linkRunId: world.caller.linkRunId,
      callKey: 'none',
      turn: 1,
      try: 1,
    });
    expect(admitted.run).toBe(1);
  });
});

describe('P2 an edit that does not count', () => {
  const refused = async (
    world: GateWorld,
    change: (ask: SignedDecision) => Promise<SignedVote>,
    more: Partial<CheckCallInput> = {},
  ): Promise<string> => {
    const ask = await world.ask(more);
    return wordOf(await world.gate({ ...more, ask, votes: [await change(ask)], pass: 2 }));
  };

  test.each<[string, string, (world: GateWorld, ask: SignedDecision) => Promise<SignedVote>]>([
    ['to what it is already', 'still-open', (world, ask) => editTo(world, ask, args)],
    ['by the requester', 'still-open', (world, ask) => editTo(world, ask, otherArgs, { principal: 'rita' })],
    ['by nobody who may answer', 'still-open', (world, ask) => editTo(world, ask, otherArgs, { principal: 'eve' })],
    [
      'cast after the deadline',
      'still-open',
      (world, ask) => editTo(world, ask, otherArgs, { castAt: start + 60_001 }),
    ],
    ['for another card', 'still-open', (world, ask) => editTo(world, ask, otherArgs, { cardDigest: zero })],
    ['that says no arguments', 'still-open', async (world, ask) => world.vote(ask, { verdict: 'edit' })],
    [
      'to what is not in the store',
      'deny edit-lost asks',
      async (world, ask) => world.vote(ask, { verdict: 'edit', edits: { argumentsDigest: zero, argumentsBody: zero } }),
    ],
    [
      'to what was swapped in the store',
      'deny edit-lost asks',
      async (world, ask) => {
        const argumentsBody = await world.store.putBody('{"name":"mallory"}');
        return world.vote(ask, {
          verdict: 'edit',
          edits: { argumentsDigest: digestText('arguments', otherArgs), argumentsBody },
        });
      },
    ],
  ])('%s: %s', async (_, expected, change) => {
    const world = await createGateWorld();
    await world.enrol('rita');
    await world.enrol('eve', { roles: ['guest'] });
    const word = await refused(world, (ask) => change(world, ask));
    expect(expected).toContain(word);
  });

  test('where the terms offer none', async () => {
    const world = await createGateWorld({ policy: withTerms('    quorum: 1\n    edits: { most: 0 }\n') });
    expect(askOf(await world.ask()).editable).toBeUndefined();
    expect(
      await refused(await createGateWorld({ policy: withTerms('    quorum: 1\n    edits: { most: 0 }\n') }), (ask) =>
        editTo(world, ask, otherArgs),
      ),
    ).toBe('still-open');
  });

  test('once the call was edited as often as its terms allow', async () => {
    const world = await createGateWorld({ policy: withTerms('    quorum: 1\n    edits: { most: 1 }\n') });
    const { next } = await taken(world, await world.ask(), otherArgs);
    const ask = await world.ask(next);
    expect(askOf(ask).editable).toBeUndefined();
    const vote = await editTo(world, ask, '{"name":"two"}', { principal: 'quinn' });
    expect(wordOf(await world.gate({ ...next, ask, votes: [vote], pass: 4 }))).toBe('still-open');
  });

  test('by somebody whom the terms do not let edit, although they may answer', async () => {
    const policy = withTerms('    quorum: 1\n    edits: { by: { principals: [quinn] } }\n');
    const world = await createGateWorld({ policy });
    expect(await refused(world, (ask) => editTo(world, ask, otherArgs))).toBe('still-open');
    const other = await createGateWorld({ policy });
    const ask = await other.ask();
    const vote = await editTo(other, ask, otherArgs, { principal: 'quinn' });
    expect(wordOf(await other.gate({ ask, votes: [vote], pass: 2 }))).toContain('deny edited-by-person');
  });
});

describe('P2 an edit and others', () => {
  test.each<[string, 'approve' | 'deny', number, string]>([
    ['an approval cast before it stands', 'approve', -1, 'allow'],
    ['an approval cast with it does not', 'approve', 0, 'deny edited-by-person asks'],
    ['a denial cast before it stands', 'deny', -1, 'deny denied-by-person asks'],
    ['a denial cast with it stands', 'deny', 0, 'deny denied-by-person asks'],
    ['a denial cast after it is of the old arguments', 'deny', 1, 'deny edited-by-person asks'],
  ])('%s', async (_, verdict, after, expected) => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const castAt = start + 1000;
    world.clock.at = start + 2000;
    const votes = [
      await editTo(world, ask, otherArgs, { castAt }),
      world.vote(ask, { principal: 'quinn', verdict, castAt: castAt + after }),
    ];
    expect(expected).toContain(wordOf(await world.gate({ ask, votes, pass: 2 })));
  });

  test('of two edits the one cast first is taken', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    world.clock.at = start + 2000;
    const votes = [
      await editTo(world, ask, '{"name":"late"}', { principal: 'quinn', castAt: start + 1001 }),
      await editTo(world, ask, otherArgs, { castAt: start + 1000 }),
    ];
    expect(await world.gate({ ask, votes, pass: 2 })).toMatchObject({ edited: otherArgs });
  });

  test('a second edit by the same person makes a third round, which still compares with what the agent asked', async () => {
    const world = await createGateWorld();
    const first = await taken(world, await world.ask(), otherArgs);
    const ask = await world.ask(first.next);
    const vote = await editTo(world, ask, '{"name":"two"}');
    const second = await world.gate({ ...first.next, ask, votes: [vote], pass: 4 });
    if (second.kind !== 'decided') throw new TypeError('not decided');
    expect(second.decision.body).toMatchObject({ edit: { number: 2, originalDigest: argumentsDigest } });
    const next = { argumentsText: second.edited ?? '', edit: second.decision, pass: 5, round: 3 };
    const third = await world.ask(next);
    expect(askOf(third)).toMatchObject({ coAuthors: ['olga'], editable: { left: 1 }, edited: { number: 2 } });
    expect(await cardOf(world, third)).toMatchObject({
      edited: { changes: [{ path: '/name', before: '"all"', after: '"two"' }] },
    });
  });

  test('a workflow that forgets the edit forgets no co-author: the gate has its own decision in the store', async () => {
    const world = await createGateWorld();
    const { next } = await taken(world, await world.ask(), otherArgs);
    const { edit: _, ...forgotten } = next;
    expect(askOf(await world.ask(forgotten))).toMatchObject({ coAuthors: ['olga'], edited: { number: 1 } });
  });

  test('a store that forgets the edit forgets no co-author: the workflow hands the signed decision over', async () => {
    const world = await createGateWorld();
    const { next } = await taken(world, await world.ask(), otherArgs);
    world.dependencies.store = { ...world.store, editsOf: () => Promise.resolve([]) };
    expect(askOf(await world.ask(next))).toMatchObject({ coAuthors: ['olga'], edited: { number: 1 } });
  });

  test('a decision that nobody signed makes nobody a co-author', async () => {
    const world = await createGateWorld();
    const { next, decision } = await taken(world, await world.ask(), otherArgs);
    const forged = structuredClone(decision);
    if (forged.body.verdict === 'deny' && forged.body.edit) forged.body.edit.coAuthors = ['quinn'];
    world.dependencies.store = { ...world.store, editsOf: () => Promise.resolve([]) };
    expect(askOf(await world.ask({ ...next, edit: forged })).coAuthors).toBeUndefined();
  });

  test('a pass that is run again gives the same decision and the same arguments', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const { vote, result } = await taken(world, ask, otherArgs);
    expect(await world.gate({ ask, votes: [vote], pass: 2 })).toEqual(result);
  });

  test('a taken edit ends its request for good: whoever comes back with it asks anew, and its editor is still none to approve', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const { vote } = await taken(world, ask, otherArgs);
    const again = await world.gate({ ask, votes: [vote, world.vote(ask, { principal: 'quinn' })], pass: 3 });
    expect(again).toMatchObject({ decision: { body: { verdict: 'ask', ask: { coAuthors: ['olga'] } } } });
  });

  test('an edited call that was started before is in doubt under either of its arguments, and starts no new epoch', async () => {
    const world = await createGateWorld();
    const { next } = await taken(world, await world.ask(), otherArgs);
    await world.execute({ argumentsDigest: digestText('arguments', otherArgs) });
    expect(wordOf(await world.gate({ ...next, pass: 4 }))).toBe('in-doubt');
    expect(wordOf(await world.gate({ pass: 5 }))).toBe('in-doubt');
    expect((await world.store.getRun(world.caller.workflowId))?.runEpoch).toBe(0);
  });
});
