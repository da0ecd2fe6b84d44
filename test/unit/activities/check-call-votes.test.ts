/** Which request a pass decides on, and whose votes count then (P2): one flaw a test. */
import { describe, expect, test } from 'vitest';
import type { VoteBody } from '../../../core/contracts/approval.ts';
import type { CheckCallInput } from '../../../core/contracts/activities.ts';
import type { SignedDecision } from '../../../core/contracts/decision.ts';
import { digestJson } from '../../../core/digest.ts';
import { CountersignError } from '../../../core/errors.ts';
import {
  type ControlOrder,
  createGateWorld,
  gatePolicy,
  type GateWorld,
  keyIdOf,
  otherArgs,
  permitBodyOf,
  type WorldChanges,
  wordOf,
} from './check-call-world.ts';
import { start, workflowId } from './run-tool-world.ts';

/** A request that olga approved, and the pass that decides on it. */
async function approved(
  flaw: (asked: { world: GateWorld; ask: SignedDecision }) => Partial<CheckCallInput> | void | Promise<unknown>,
  changes: WorldChanges & { call?: Partial<CheckCallInput>; vote?: Partial<VoteBody> } = {},
): Promise<string> {
  const world = await createGateWorld(changes);
  const ask = await world.ask(changes.call);
  const input = (await flaw({ world, ask })) as Partial<CheckCallInput> | undefined;
  const votes = [world.vote(ask, changes.vote)];
  return wordOf(await world.gate({ ask, votes, pass: 2, ...changes.call, ...input }));
}

const approval = 'allow';

describe('P2 a pass after an ask', () => {
  test('permits what was approved, no longer than the approval holds: the control of the cases below', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const vote = world.vote(ask);
    world.clock.at += 5;
    const result = await world.gate({ ask, votes: [vote], pass: 2 });
    expect(permitBodyOf(result).approval).toMatchObject({
      askDigest: digestJson('decision', ask),
      voteDigests: [digestJson('vote', vote)],
      executeByAt: start + 30_000,
    });
    expect(result).toMatchObject({ decision: { expiresAt: start + 30_000 } });
  });

  test.each<[string, Parameters<typeof approved>[0], Parameters<typeof approved>[1]?]>([
    ['an ask that was changed', ({ ask }) => ({ ask: { ...ask, issuedAt: ask.issuedAt + 1 } })],
    ['an ask that no gate stored', async ({ world }) => forgetAsks(world)],
    ['an ask of another call', () => ({ index: 1 })],
    ['an ask of other arguments', () => ({ argumentsText: otherArgs })],
    ['an ask of another tool', () => ({ tool: 'wipe' })],
    ['an ask of an earlier try of an effect', ({ world }) => voided(world, 'send')],
    ['an ask of another try of a read', () => ({ try: 1 }), { call: { tool: 'read_secret', try: 2 } }],
    ['an ask about a tool that was defined otherwise', ({ world }) => world.redeploy()],
    ['an ask about what became of an effect', () => ({ about: 'call' }), { call: { about: 'reconcile' } }],
    ['an ask of an earlier epoch', ({ world }) => raiseEpoch(world)],
  ])('does not decide on %s: it asks anew', async (_name, flaw, changes) => {
    expect(await approved(flaw, changes)).toMatch(/^ask /);
  });

  test.each(['yes', ' yes ', 'YES', 'y', 'approved', { verdict: 'approve' }, null])(
    'C4 T12 adapt: takes no word for a vote, whoever wrote it where: %j',
    async (word) => {
      const world = await createGateWorld();
      const argumentsText = JSON.stringify({ name: `olga said: ${JSON.stringify(word)}` });
      const ask = await world.ask({ argumentsText });
      const answer = await world.gate({ ask, argumentsText, votes: [word as never], pass: 2 });
      expect(answer).toMatchObject({ kind: 'still-open', notCounted: [] });
    },
  );

  test('does not decide on an ask that somebody stored without the key, whatever was voted on it', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const forged = { ...ask, issuedAt: ask.issuedAt + 1 };
    const { store } = world;
    const getAsk: typeof store.getAsk = async (nonce) => {
      const row = await store.getAsk(nonce);
      return row && { ...row, ask: forged, askDigest: digestJson('decision', forged) };
    };
    world.dependencies.store = { ...store, getAsk };
    expect(wordOf(await world.gate({ ask: forged, votes: [world.vote(forged)], pass: 2 }))).toBe('ask asks');
  });

  test('permits nothing where a stored vote is no vote any more, whatever was handed over', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const { store } = world.dependencies;
    const votesByNonce: typeof store.votesByNonce = async () => {
      throw new CountersignError('record-invalid', 'Cannot read a stored "vote": it is none');
    };
    world.dependencies.store = { ...store, votesByNonce };
    expect(wordOf(await world.gate({ ask, votes: [world.vote(ask)], pass: 2 }))).toBe('deny gate-fault');
  });

  test('lets one approval serve a further try of what may be repeated', async () => {
    const changes = { call: { tool: 'move' } };
    expect(await approved(({ world }) => voided(world, 'move'), changes)).toBe(approval);
  });

  test('denies what the rules deny by now', async () => {
    const word = await approved(({ world }) =>
      activate(world, gatePolicy.replace('effect: ask, tools: [send', 'effect: deny, tools: [send')),
    );
    expect(word).toBe('deny asks');
  });

  test('denies an approval that was not used in time', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const votes = [world.vote(ask)];
    world.clock.at += 30_001;
    expect(wordOf(await world.gate({ ask, votes, pass: 2 }))).toBe('deny approval-stale');
  });

  test('denies when the deadline has passed without votes, and not before', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    world.clock.at = start + 60_000;
    expect(wordOf(await world.gate({ ask, pass: 2 }))).toBe('still-open');
    world.clock.at += 1;
    expect(wordOf(await world.gate({ ask, pass: 2 }))).toBe('deny approval-expired');
  });
});

type SigningKeyOrder = Extract<ControlOrder, { kind: 'signing-key' }>;

/** Says that what it signs is olga's, who is a system or a person. */
async function signs(world: GateWorld, changes: Partial<SigningKeyOrder> = {}): Promise<void> {
  await world.order({
    kind: 'signing-key',
    keyId: signingKeyId,
    publicKey: 'A'.repeat(43),
    principal: 'olga',
    roles: ['operator'],
    person: false,
    scopes: ['approvals:vote'],
    expiresAt: start + 3_600_000,
    mintedBy: 'root',
    mintedWith: 'rootrootroot',
    madeByBearer: true,
    ...changes,
  });
}

const signingKeyId = 'signs0000001';
const signedBy = {
  channel: 'webhook',
  authenticated: { method: 'signing-key', credentialId: signingKeyId, mintedBy: 'root' },
} as const;

describe('P2 what a system signs', () => {
  test('never approves', async () => {
    expect(await approved(({ world }) => signs(world), { vote: signedBy })).toBe('still-open');
  });
  test('denies, where the terms name it', async () => {
    const denial = { vote: { ...signedBy, verdict: 'deny' } } as const;
    expect(await approved(({ world }) => signs(world), denial)).toBe('deny denied-by-person');
    expect(await approved(({ world }) => signs(world, { roles: ['guest'] }), denial)).toBe('still-open');
  });
  test('denies nothing once its key is revoked or has expired', async () => {
    const denial = { vote: { ...signedBy, verdict: 'deny' } } as const;
    const revoked = async ({ world }: { world: GateWorld }) => {
      await signs(world);
      await world.order({ kind: 'api-key-revocation', keyId: signingKeyId, by: 'root' });
    };
    expect(await approved(revoked, denial)).toBe('still-open');
    expect(await approved(({ world }) => signs(world, { expiresAt: start - 1 }), denial)).toBe('still-open');
  });
  test('could answer only where its terms let a webhook approve', async () => {
    const asked = async (channels: string) => {
      const world = await createGateWorld({
        policy: gatePolicy.replace('    quorum: 1\n', `    quorum: 1\n${channels}`),
      });
      for (const name of ['olga', 'quinn'])
        await world.order({ kind: 'api-key-revocation', keyId: keyIdOf(name), by: 'root' });
      await signs(world, { person: true });
      return wordOf(await world.gate());
    };
    expect(await asked('')).toBe('ask asks');
    expect(await asked('    channels: { webhook: none }\n')).toContain('deny no-eligible-approver');
  });
  test('approves where it is a person, and not for whoever enrolled them', async () => {
    expect(await approved(({ world }) => signs(world, { person: true }), { vote: signedBy })).toBe(approval);
    const byRequester = ({ world }: { world: GateWorld }) => signs(world, { person: true, mintedBy: 'rita' });
    expect(await approved(byRequester, { vote: signedBy })).toBe('still-open');
  });
});

describe('P2 a vote', () => {
  test.each<[string, Parameters<typeof approved>[0], Parameters<typeof approved>[1]?]>([
    ['of nobody known', () => {}, { vote: { principal: 'nobody' } }],
    ['with another’s credential', () => {}, { vote: { principal: 'pete', authenticated: credentialOf('olga') } }],
    ['with a credential that has expired', ({ world }) => world.enrol('olga', { expiresAt: start - 1 })],
    ['with a credential that was revoked', ({ world }) => revoke(world)],
    ['by a service account', ({ world }) => world.enrol('olga', { person: false })],
    ['by the requester', ({ world }) => world.enrol('rita'), { vote: { principal: 'rita' } }],
    ['by whom the run acts for', () => {}, { ticket: { onBehalfOf: 'olga' } }],
    ['with a credential that the requester made', ({ world }) => world.enrol('olga', { mintedBy: 'rita' })],
    [
      'of somebody whom the requester enrolled by way of a third',
      async ({ world }) => {
        await world.enrol('mallory', { mintedBy: 'rita', madeByBearer: true });
        await world.enrol('olga', { mintedBy: 'mallory', mintedWith: keyIdOf('mallory'), madeByBearer: true });
        await world.order({ kind: 'api-key-revocation', keyId: keyIdOf('mallory'), by: 'root' });
      },
    ],
    [
      'of a second key that somebody made for themselves, whom the requester enrolled',
      async ({ world }) => {
        await world.enrol('mallory', { principal: 'olga', mintedBy: 'rita', madeByBearer: true });
        await world.enrol('olga', { mintedWith: keyIdOf('mallory') });
      },
    ],
    ['without a role of the terms', ({ world }) => world.enrol('olga', { roles: ['guest'] })],
    ['that is dated ahead of now', () => {}, { vote: { castAt: start + 10_001 } }],
    ['without the reason that its terms require', () => {}, { call: { tool: 'wipe' } }],
    ['with a reason of blanks', () => {}, { call: { tool: 'wipe' }, vote: { reason: '  ' } }],
  ])('%s does not count', async (_name, flaw, changes) => {
    expect(await approved(flaw, changes)).toBe('still-open');
  });

  test('with the reason that its terms require counts', async () => {
    expect(await approved(() => {}, { call: { tool: 'wipe' }, vote: { reason: 'old' } })).toBe(approval);
  });

  test('by whom only one of the two policies lets approve does not count', async () => {
    const stricter = gatePolicy
      .replace('operator: {}', 'operator: {}\n  admin: {}')
      .replaceAll('roles: [operator]', 'roles: [operator, admin]');
    const world = await createGateWorld({ policy: stricter });
    await world.enrol('olga', { roles: ['admin'] });
    const ask = await world.ask();
    await activate(world, gatePolicy);
    expect(wordOf(await world.gate({ ask, votes: [world.vote(ask)], pass: 2 }))).toBe('still-open');
  });

  test('that was changed on its way is not taken, and is not named as one that did not count', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const vote = world.vote(ask, { verdict: 'deny' });
    const forged = { ...vote, body: { ...vote.body, verdict: 'approve' as const } };
    expect(await world.gate({ ask, votes: [forged], pass: 2 })).toEqual({ kind: 'still-open', notCounted: [] });
  });

  test.each(['stored', 'handed over'])(
    'that is only %s counts, so that neither side can drop a denial',
    async (way) => {
      const world = await createGateWorld();
      await world.enrol('pete');
      const ask = await world.ask();
      const denial = world.vote(ask, { verdict: 'deny' });
      const later = world.vote(ask, { principal: 'pete' });
      const [stored, handed] = way === 'stored' ? [denial, later] : [later, denial];
      await world.store.storeVote(stored, digestJson('vote', stored));
      expect(wordOf(await world.gate({ ask, votes: [handed], pass: 2 }))).toBe('deny denied-by-person');
    },
  );

  test('that denies before anything was permitted wins over an earlier approval that nobody had signalled', async () => {
    const world = await createGateWorld();
    await world.enrol('pete');
    const ask = await world.ask();
    const approval = world.vote(ask);
    await world.store.storeVote(approval, digestJson('vote', approval));
    const denial = world.vote(ask, { principal: 'pete', verdict: 'deny', castAt: approval.body.castAt + 1 });
    await world.store.storeVote(denial, digestJson('vote', denial));
    expect(wordOf(await world.gate({ ask, votes: [denial], pass: 2 }))).toBe('deny denied-by-person');
  });

  test.each([
    ['cast after the deadline', { principal: 'pete', castAt: start + 60_001 }],
    ['of the same person', { principal: 'olga', castAt: start + 2 }],
    ['of the requester', { principal: 'rita', castAt: start + 2 }],
  ])('that denies changes nothing when it is %s', async (_, changes) => {
    const world = await createGateWorld();
    for (const principal of ['pete', 'rita']) await world.enrol(principal);
    const ask = await world.ask();
    const approval = world.vote(ask, { castAt: start + 1 });
    world.clock.at = start + 3;
    const denial = world.vote(ask, { verdict: 'deny', ...changes });
    expect(wordOf(await world.gate({ ask, votes: [approval, denial], pass: 2 }))).toMatch(/^allow/);
  });
});

function credentialOf(principal: string): VoteBody['authenticated'] {
  return { method: 'api-key', credentialId: keyIdOf(principal), mintedBy: principal };
}

async function revoke(world: GateWorld): Promise<void> {
  await world.order({ kind: 'api-key-revocation', keyId: keyIdOf('olga'), by: 'root' });
}

function forgetAsks(world: GateWorld): void {
  const { store } = world.dependencies;
  world.dependencies.store = { ...store, getAsk: async () => null };
}

async function voided(world: GateWorld, tool: string): Promise<Partial<CheckCallInput>> {
  await world.makeVoid({ tool });
  return { try: 2 };
}

async function raiseEpoch(world: GateWorld): Promise<void> {
  await world.store.raiseRunEpoch({ workflowId, fromEpoch: 0, reason: 'a test', now: start });
}

async function activate(world: GateWorld, policy: string): Promise<void> {
  const policyDigest = await world.store.putBody(policy);
  await world.order({ kind: 'policy-activation', agent: 'ops', packDigest: policyDigest, policyDigest, by: 'root' });
}
