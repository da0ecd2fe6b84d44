/** P2: whose break-glass the gate takes, what its permit says, and that its review is open with it: one flaw a test. */
import { describe, expect, test } from 'vitest';
import type { CheckCallInput } from '../../../core/contracts/activities.ts';
import type { VoteBody } from '../../../core/contracts/approval.ts';
import type { SignedDecision } from '../../../core/contracts/decision.ts';
import { digestJson } from '../../../core/digest.ts';
import {
  createGateWorld,
  type GateWorld,
  keyIdOf,
  permitBodyOf,
  type WorldChanges,
  wordOf,
} from './check-call-world.ts';
import { start, workflowId } from './run-tool-world.ts';

const dayMs = 24 * 60 * 60_000;

function policy(more = ''): string {
  return `version: 1
roles: { operator: {}, lead: {} }
people: { mia: [mia, mia-oncall], olga: [olga, olga-admin] }
approvals:
  default:
    approvers: { roles: [operator] }
    quorum: 2
    denials: 2
    deadline: 60s
    executeWithin: 30s
    channels: { api: high }
    breakGlass: { role: lead, perDay: 1, reviewWithin: 2h }
    ${more}
rules:
  - { id: asks, effect: ask, tools: [send, move, wipe, sign], reason: a person must see it }
`;
}

async function createWorld(changes: WorldChanges = {}): Promise<GateWorld> {
  const world = await createGateWorld({ policy: policy(), ...changes });
  await world.enrol('mia', { roles: ['lead'] });
  return world;
}

function breaking(principal: string, more: Partial<VoteBody> = {}): Partial<VoteBody> {
  const authenticated = {
    method: 'api-key',
    credentialId: keyIdOf(principal),
    mintedBy: principal,
    stepUp: 'typed-yes',
  } as const;
  return { verdict: 'break-glass', principal, roles: ['lead'], reason: 'the site is down', authenticated, ...more };
}

type Flaw = (asked: { world: GateWorld; ask: SignedDecision }) => unknown;
interface Case extends WorldChanges {
  call?: Partial<CheckCallInput>;
  by?: string;
  vote?: Partial<VoteBody>;
}

/** A request that mia answers alone, and the pass that decides on it. */
async function broken(flaw: Flaw = () => {}, { call, by = 'mia', vote, ...changes }: Case = {}): Promise<string> {
  const world = await createWorld(changes);
  const ask = await world.ask(call);
  const more = (await flaw({ world, ask })) as Partial<CheckCallInput> | undefined;
  const votes = [world.vote(ask, breaking(by, vote))];
  return wordOf(await world.gate({ ask, votes, pass: 2, ...call, ...more }));
}

describe('P2 a permit by break-glass', () => {
  test('says who, by which role and vote, and opens the review in the same transaction', async () => {
    const world = await createWorld();
    const ask = await world.ask();
    world.clock.at += 5;
    const vote = world.vote(ask, breaking('mia'));
    const voteDigest = digestJson('vote', vote);
    const result = await world.gate({ ask, votes: [vote], pass: 2 });
    const { approval } = permitBodyOf(result);
    const reviewDueAt = start + 5 + 7_200_000;
    expect(approval).toMatchObject({
      voteDigests: [voteDigest],
      executeByAt: start + 30_005,
      breakGlass: { by: 'mia', role: 'lead', voteDigest, reviewDueAt },
    });
    const nonce = approval?.nonce ?? '';
    const permitDigest = result.kind === 'decided' ? digestJson('decision', result.decision) : '';
    expect(await world.store.getReview(nonce)).toEqual({
      nonce,
      workflowId,
      callKey: `${workflowId}/1.0`,
      principal: 'mia',
      voteDigest,
      permitDigest,
      openedAt: start + 5,
      dueAt: reviewDueAt,
    });
  });

  test('is not what a quorum comes to: its permit says nothing of it, and no review is opened', async () => {
    const world = await createWorld();
    const ask = await world.ask();
    const votes = [world.vote(ask), world.vote(ask, { principal: 'quinn' })];
    const { approval } = permitBodyOf(await world.gate({ ask, votes, pass: 2 }));
    expect(approval).not.toHaveProperty('breakGlass');
    expect(await world.store.listReviews({ limit: 10 })).toEqual([]);
  });

  test.each<[string, Flaw, Case?]>([
    ['by somebody whose vote says a role that they do not hold', ({ world }) => world.enrol('mia')],
    ['by an approver', () => {}, { by: 'olga', vote: { roles: ['operator'] } }],
    ['by an approver who claims the role', () => {}, { by: 'olga' }],
    ['whose signed roles lack the role', () => {}, { vote: { roles: ['operator'] } }],
    ['by the requester', ({ world }) => world.enrol('rita', { roles: ['lead'] }), { by: 'rita' }],
    [
      'by the requester, where requesters may approve',
      ({ world }) => world.enrol('rita', { roles: ['lead'] }),
      { by: 'rita', policy: policy('requesterMayApprove: true') },
    ],
    ['by whom the run acts for', () => {}, { ticket: { onBehalfOf: 'mia' } }],
    ['by an owner of the service account that asked', () => {}, { ticket: { owners: ['mia'] } }],
    [
      'by another name of the requester',
      ({ world }) => world.enrol('mia-oncall', { roles: ['lead'] }),
      { by: 'mia-oncall', ticket: { principal: 'mia' } },
    ],
    ['by a service account', ({ world }) => world.enrol('mia', { roles: ['lead'], person: false })],
    [
      'with a credential that the requester made',
      ({ world }) => world.enrol('mia', { roles: ['lead'], mintedBy: 'rita' }),
    ],
    [
      'with a credential that somebody else made',
      ({ world }) => world.enrol('mia', { roles: ['lead'], mintedBy: 'root' }),
    ],
    [
      'with another’s credential',
      () => {},
      { vote: { authenticated: { ...breaking('mia').authenticated, credentialId: keyIdOf('olga') } as never } },
    ],
    [
      'with a credential that was revoked',
      ({ world }) => world.order({ kind: 'api-key-revocation', keyId: keyIdOf('mia'), by: 'root' }),
    ],
    ['without a reason', () => {}, { vote: { reason: ' ' } }],
    ['with a reason that nobody can see', () => {}, { vote: { reason: '\u200B\u200B' } }],
    [
      'without a fresh confirmation',
      () => {},
      { vote: { authenticated: { method: 'api-key', credentialId: keyIdOf('mia'), mintedBy: 'mia' } } },
    ],
    ['through Slack', () => {}, { vote: { channel: 'slack' } }],
    ['through a webhook', () => {}, { vote: { channel: 'webhook' } }],
    ['for another card', () => {}, { vote: { cardDigest: digestJson('card', {}) } }],
    ['for another request', () => {}, { vote: { nonce: '00000000-0000-4000-8000-00000000ffff' } }],
    ['dated ahead of now', () => {}, { vote: { castAt: start + 10_001 } }],
    ['where its terms know none', () => {}, { policy: policy().replace(/breakGlass: .*/u, '') }],
    ['for a tool that demands votes of its own', () => {}, { call: { tool: 'sign' } }],
  ])('%s is none', async (_name, flaw, changes) => {
    expect(await broken(flaw, changes)).toBe('still-open');
  });

  test('is given where nothing is wrong: the control of the cases above', async () => {
    expect(await broken()).toBe('allow');
    expect(await broken(() => {}, { policy: policy('requesterMayApprove: true') })).toBe('allow');
  });

  test('that was signed with another key is not taken', async () => {
    const world = await createWorld();
    const ask = await world.ask();
    const vote = world.vote(ask, { ...breaking('mia'), verdict: 'deny' });
    const forged = { ...vote, body: { ...vote.body, verdict: 'break-glass' as const } };
    expect(wordOf(await world.gate({ ask, votes: [forged], pass: 2 }))).toBe('still-open');
  });

  test('cast after the deadline expires with its request', async () => {
    const late = ({ world }: { world: GateWorld }) => void (world.clock.at = start + 60_001);
    expect(await broken(late)).toBe('deny approval-expired');
  });

  test('is not used after its time', async () => {
    const world = await createWorld();
    const ask = await world.ask();
    const votes = [world.vote(ask, breaking('mia'))];
    world.clock.at += 30_001;
    expect(wordOf(await world.gate({ ask, votes, pass: 2 }))).toBe('deny approval-stale');
    expect(await world.store.listReviews({ limit: 10 })).toEqual([]);
  });
});

describe('P2 break-glass opens nothing', () => {
  test('that a policy denies by now', async () => {
    const denies = async ({ world }: { world: GateWorld }) => {
      const policyDigest = await world.store.putBody(policy().replace('effect: ask', 'effect: deny'));
      await world.order({
        kind: 'policy-activation',
        agent: 'ops',
        packDigest: policyDigest,
        policyDigest,
        by: 'root',
      });
    };
    expect(await broken(denies)).toBe('deny asks');
  });

  test('while the fleet is frozen', async () => {
    const freeze = ({ world }: { world: GateWorld }) => world.order({ kind: 'freeze', by: 'root', reason: 'stop' });
    expect(await broken(freeze)).toBe('hold frozen');
  });

  test.each(['before', 'after'])(
    'that one person denied %s it, also where the terms want two denials',
    async (when) => {
      const denies = async ({ world, ask }: { world: GateWorld; ask: SignedDecision }) => {
        const castAt = start + (when === 'before' ? -1 : 1);
        const denial = world.vote(ask, { verdict: 'deny', castAt });
        await world.store.storeVote(denial, digestJson('vote', denial));
      };
      expect(await broken(denies)).toBe('still-open');
    },
  );

  test('of a run that was reset since it asked', async () => {
    const reset = ({ world }: { world: GateWorld }) =>
      world.store.raiseRunEpoch({ workflowId, fromEpoch: 0, reason: 'a test', now: start });
    expect(await broken(reset)).toMatch(/^ask/);
  });
});

describe('P2 a further break-glass', () => {
  async function second(world: GateWorld, by = 'mia', index = 1): Promise<string> {
    const ask = await world.ask({ index, argumentsText: `{"name":"${index}"}` });
    const votes = [world.vote(ask, breaking(by))];
    return wordOf(await world.gate({ ask, votes, pass: 2, index, argumentsText: `{"name":"${index}"}` }));
  }
  async function first(changes: WorldChanges = {}): Promise<GateWorld> {
    const world = await createWorld(changes);
    const ask = await world.ask();
    expect(wordOf(await world.gate({ ask, votes: [world.vote(ask, breaking('mia'))], pass: 2 }))).toBe('allow');
    return world;
  }
  const twice = { policy: policy().replace('perDay: 1', 'perDay: 2') };
  const sign = async (world: GateWorld, ...principals: string[]) => {
    const [{ nonce, voteDigest } = { nonce: '', voteDigest: '' }] = await world.store.listReviews({ limit: 1 });
    for (const principal of principals) {
      const of = { kind: 'review-signature', nonce, voteDigest, finding: 'justified' } as const;
      const by = {
        principal,
        roles: ['operator'],
        keyId: 'a',
        channel: 'api' as const,
        reason: 'I looked',
        signedAt: world.clock.at,
      };
      await world.order({ ...of, ...by });
    }
  };

  test('beyond the uses of a day is none, also under another name of the person', async () => {
    const world = await first();
    expect(await second(world)).toBe('still-open');
    await world.enrol('mia-oncall', { roles: ['lead'] });
    expect(await second(world, 'mia-oncall', 2)).toBe('still-open');
  });

  test('within the uses of a day is taken, and by another person in any case', async () => {
    expect(await second(await first(twice))).toBe('allow');
    const world = await first();
    await world.enrol('lea', { roles: ['lead'] });
    expect(await second(world, 'lea')).toBe('allow');
  });

  async function dayAfter(...reviewers: string[]): Promise<string> {
    const world = await createWorld();
    const ask = await world.ask();
    await world.gate({ ask, votes: [world.vote(ask, breaking('mia'))], pass: 2 });
    await sign(world, ...reviewers);
    world.clock.at += dayMs + 1;
    await world.enrol('mia', { roles: ['lead'], expiresAt: world.clock.at + dayMs });
    await world.enrol('olga', { expiresAt: world.clock.at + dayMs });
    await world.enrol('quinn', { expiresAt: world.clock.at + dayMs });
    const argumentsText = '{"name":"1"}';
    const next = await world.ask({ index: 1, argumentsText });
    const { credentialId } = world.vote(next, { principal: 'mia' }).body.authenticated;
    const authenticated = { method: 'api-key', credentialId, mintedBy: 'mia', stepUp: 'typed-yes' } as const;
    const votes = [world.vote(next, breaking('mia', { authenticated }))];
    return wordOf(await world.gate({ ask: next, votes, pass: 2, index: 1, argumentsText }));
  }

  test.each([
    ['nobody has signed', []],
    ['one has signed', ['olga']],
    ['the breaker and one have signed', ['olga', 'mia']],
    ['the breaker under another name and one have signed', ['olga', 'mia-oncall']],
    ['one has signed twice', ['olga', 'olga']],
    ['one has signed under two names', ['olga', 'olga-admin']],
  ])('with an overdue review that %s is none', async (_name, reviewers) => {
    expect(await dayAfter(...reviewers)).toBe('still-open');
  });

  test('after a review that two others signed is taken', async () => {
    expect(await dayAfter('olga', 'quinn')).toBe('allow');
  });

  test('of two gates at once, the second finds no use left', async () => {
    const world = await createWorld();
    const texts = [0, 1].map((index) => ({ index, argumentsText: `{"name":"${index}"}` }));
    const [one, other] = [await world.ask(texts[0]), await world.ask(texts[1])];
    // What the second gate read before the first one had recorded.
    const { store } = world;
    world.dependencies.store = { ...store, listReviews: async () => [] };
    const pass = async (ask: SignedDecision, call: Partial<CheckCallInput> = {}) =>
      wordOf(await world.gate({ ask, votes: [world.vote(ask, breaking('mia'))], pass: 2, ...call }));
    expect(await pass(one, texts[0])).toBe('allow');
    expect(await pass(other, texts[1])).toBe('hold store-unavailable');
    expect(await store.listReviews({ limit: 10 })).toHaveLength(1);
  });
});
