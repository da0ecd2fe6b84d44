/** P2, P3: what the gate makes of an ask's terms: who could answer at all, fallback, seats, withdrawals, a denial that stops. */
import { describe, expect, test } from 'vitest';
import type { SignedVote, VoteBody } from '../../../core/contracts/approval.ts';
import type { SignedDecision } from '../../../core/contracts/decision.ts';
import { digestJson } from '../../../core/digest.ts';
import { createGateWorld, gatePolicy, type GateWorld, keyIdOf, wordOf } from './check-call-world.ts';
import { start } from './run-tool-world.ts';

const withTerms = (terms: string, more = ''): string =>
  gatePolicy
    .replace('    quorum: 1\n', terms === '' ? '    quorum: 1\n' : terms)
    .replace('roles:\n', `${more}roles:\n  chief: {}\n`);

async function worldOf(terms: string, more = '', people: Record<string, string[]> = {}): Promise<GateWorld> {
  const world = await createGateWorld({ policy: withTerms(terms, more) });
  for (const [principal, roles] of Object.entries(people)) await world.enrol(principal, { roles });
  return world;
}

const vote = (world: GateWorld, ask: SignedDecision, principal: string, more: Partial<VoteBody> = {}) =>
  world.vote(ask, { principal, ...more });

const word = async (world: GateWorld, ask: SignedDecision, votes: SignedVote[]): Promise<string> =>
  wordOf(await world.gate({ ask, votes, pass: 2 }));

describe('P3 an ask that nobody could answer', () => {
  test.each<[string, (world: GateWorld) => Promise<void>]>([
    ['for want of people', async () => {}],
    ['because a credential has expired', (world) => world.enrol('pete', { expiresAt: start - 1 })],
    ['because one may only read', (world) => world.enrol('pete', { scopes: ['approvals:read'] })],
    ['because one is a service account', (world) => world.enrol('pete', { person: false })],
    ['because one has no role', (world) => world.enrol('pete', { roles: ['guest'] })],
    ['because one asked for it', (world) => world.enrol('rita')],
    ['because somebody else made the credential', (world) => world.enrol('pete', { mintedBy: 'root' })],
  ])('is denied at once %s', async (_, change) => {
    const world = await worldOf('    quorum: 3\n');
    await change(world);
    const result = await world.gate();
    expect(wordOf(result)).toContain('deny no-eligible-approver');
    expect(result).toMatchObject({ decision: { body: { outcome: 'no-eligible-approver' } } });
  });

  test('is asked where the last one is there, also by a secret of their own that somebody else enrolled', async () => {
    const world = await worldOf('    quorum: 3\n');
    await world.enrol('pete', { mintedBy: 'root', madeByBearer: true });
    expect(wordOf(await world.gate())).toBe('ask asks');
  });

  test('is denied at once where two of them are one person', async () => {
    const world = await worldOf('    quorum: 3\n', 'people: { olga: [olga, olga-admin] }\n', {
      'olga-admin': ['operator'],
    });
    expect(wordOf(await world.gate())).toContain('deny no-eligible-approver');
  });

  test('is denied at once where the last one was enrolled by whoever asked, under another name of theirs', async () => {
    const world = await worldOf('    quorum: 3\n', 'people: { rita: [rita, rita-oncall] }\n');
    await world.enrol('puppet', { mintedBy: 'rita-oncall', madeByBearer: true });
    expect(wordOf(await world.gate())).toContain('deny no-eligible-approver');
  });

  test('is denied at once where nobody can fill a seat', async () => {
    const seat = '    thresholds: [{ from: { roles: [chief] }, approve: 1 }]\n';
    expect(wordOf(await (await worldOf(seat)).gate())).toContain('deny no-eligible-approver');
    expect(wordOf(await (await worldOf(seat, '', { cleo: ['operator', 'chief'] })).gate())).toBe('ask asks');
  });

  test('counts those of the escalation, who may answer before the deadline', async () => {
    const terms = '    quorum: 3\n    escalation: { after: 30s, to: { roles: [chief] } }\n';
    expect(wordOf(await (await worldOf(terms, '', { cleo: ['chief'] })).gate())).toBe('ask asks');
  });

  test('goes to the fallback where there is one, and the signed ask names it and no other', async () => {
    const world = await worldOf('    quorum: 3\n    fallback: { roles: [chief] }\n', '', {
      cleo: ['chief'],
      carl: ['chief'],
      cora: ['chief'],
    });
    const { body } = await world.ask();
    expect(body).toMatchObject({ ask: { terms: { approvers: { roles: ['chief'], principals: [] } } } });
    expect(JSON.stringify(body)).not.toContain('fallback');
  });
});

describe('P2 terms with hours', () => {
  // The world's clock stands at 2027-01-15, a Friday, 08:00 UTC.
  async function officeHours(within: string): Promise<GateWorld> {
    const night = '  night: { approvers: { roles: [chief] }, deadline: 60s, executeWithin: 30s }\n';
    const terms = `    quorum: 1\n    hours: { within: ["${within}"], outside: night }\n`;
    const world = await createGateWorld({
      policy: withTerms(terms).replace('  with-reason:', `${night}  with-reason:`),
    });
    await world.enrol('cleo', { roles: ['chief'] });
    return world;
  }

  test.each([
    ['fri 07:00-09:00 UTC', 'olga', 'cleo'],
    ['fri 09:00-17:00 UTC', 'cleo', 'olga'],
  ])('%s are asked of those who answer at this time, and of nobody else', async (within, may, mayNot) => {
    const world = await officeHours(within);
    const ask = await world.ask();
    expect(await word(world, ask, [vote(world, ask, mayNot)])).toBe('still-open');
    expect(await word(world, ask, [vote(world, ask, may)])).toBe('allow');
  });

  test.each([
    ['olga', 'allow'],
    ['cleo', 'deny approval-expired'],
  ])('stay with those who were asked when the hours end meanwhile: %s', async (principal, expected) => {
    const world = await officeHours('fri 07:00-08:01 UTC');
    const ask = await world.ask();
    world.clock.at = start + 61_000;
    expect(await word(world, ask, [vote(world, ask, principal, { castAt: start + 59_000 })])).toBe(expected);
  });
});

describe('P4 who could have answered', () => {
  async function names(changes: Parameters<typeof createGateWorld>[0] = {}, more: readonly string[] = []) {
    const world = await createGateWorld(changes);
    for (const one of more) await world.enrol(one);
    const { body } = await world.ask();
    return body.verdict === 'ask' ? body.ask : undefined;
  }

  test('is signed with the ask, in order, without whoever asked', async () => {
    expect((await names({}, ['rita', 'bob']))?.couldAnswer).toEqual(['bob', 'olga', 'quinn']);
  });

  test('leaves out whoever has no role, no vote, or a key that somebody else made', async () => {
    const world = await createGateWorld();
    await world.enrol('una', { roles: [] });
    await world.enrol('robot', { person: false });
    await world.enrol('reader', { scopes: ['approvals:read'] });
    await world.enrol('made', { mintedBy: 'root' });
    const { body } = await world.ask();
    expect(body.verdict === 'ask' && body.ask.couldAnswer).toEqual(['olga', 'quinn']);
  });

  test('names those who could break the glass and not approve, and says so of them; they make up no quorum', async () => {
    const policy = `version: 1
roles: { operator: {}, lead: {} }
approvals:
  default: { approvers: { roles: [operator] }, quorum: 2, deadline: 60s, breakGlass: { role: lead } }
rules:
  - { id: asks, effect: ask, tools: [send], reason: a person must see it }
`;
    const world = await createGateWorld({ policy });
    await world.enrol('mia', { roles: ['lead'] });
    await world.enrol('rita', { roles: ['lead'] });
    const { body } = await world.ask();
    const ask = body.verdict === 'ask' ? body.ask : undefined;
    expect(ask).toMatchObject({ couldAnswer: ['mia', 'olga', 'quinn'], onlyByBreakGlass: ['mia'] });
    const three = await createGateWorld({ policy: policy.replace('quorum: 2', 'quorum: 3') });
    await three.enrol('mia', { roles: ['lead'] });
    expect(wordOf(await three.gate())).toContain('deny no-eligible-approver');
  });

  test('names a hundred, and says how many more there were', async () => {
    const many = Array.from({ length: 120 }, (_, index) => `p${String(index).padStart(3, '0')}`);
    const ask = await names({}, many);
    expect(ask?.couldAnswer).toHaveLength(100);
    expect(ask?.couldAnswerMore).toBe(22);
  });
});

describe('P2 seats, denials and confirmations, as the gate counts them', () => {
  const people = { pete: ['operator'], cleo: ['operator', 'chief'] };

  test('a seat is filled by whoever holds its role now, whatever the vote says', async () => {
    const world = await worldOf('    thresholds: [{ from: { roles: [chief] }, approve: 1 }]\n', '', people);
    const ask = await world.ask();
    expect(await word(world, ask, [vote(world, ask, 'pete', { roles: ['operator', 'chief'] })])).toBe('still-open');
    expect(await word(world, ask, [vote(world, ask, 'cleo')])).toBe('allow');
  });

  test('one person under two names approves once', async () => {
    const world = await worldOf('    quorum: 2\n', 'people: { pete: [pete, olga] }\n', people);
    const ask = await world.ask();
    const [first, second] = [vote(world, ask, 'pete'), vote(world, ask, 'olga')];
    expect(await word(world, ask, [first, second])).toBe('still-open');
    expect(await word(world, ask, [first, second, vote(world, ask, 'cleo')])).toBe('allow');
  });

  test.each<[string, string[], string]>([
    ['one', ['no pete'], 'still-open'],
    ['two', ['no pete', 'no cleo'], 'deny denied-by-person'],
    ['one before the quorum', ['no pete', 'yes olga'], 'allow'],
    ['two around the quorum', ['no pete', 'yes olga', 'no cleo'], 'deny denied-by-person'],
  ])('as many denials as the terms say deny: %s', async (_, said, expected) => {
    const world = await worldOf('    denials: 2\n', '', people);
    const ask = await world.ask();
    world.clock.at += 10;
    const votes = said.map((words, index) => {
      const [verdict, principal = ''] = words.split(' ');
      return vote(world, ask, principal, { verdict: verdict === 'no' ? 'deny' : 'approve', castAt: start + index });
    });
    expect(await word(world, ask, votes)).toBe(expected);
  });

  test('an approval without the confirmation that its risk needs does not count', async () => {
    const world = await worldOf('    stepUpFrom: low\n');
    const ask = await world.ask();
    expect(await word(world, ask, [vote(world, ask, 'olga')])).toBe('still-open');
    const authenticated = { method: 'api-key', credentialId: keyIdOf('olga'), mintedBy: 'olga' } as const;
    const confirmed = vote(world, ask, 'olga', { authenticated: { ...authenticated, stepUp: 'typed-yes' } });
    expect(await word(world, ask, [confirmed])).toBe('allow');
  });

  test('an approval through a channel that may not does not count', async () => {
    const world = await worldOf('    channels: { slack: none }\n');
    const ask = await world.ask();
    expect(await word(world, ask, [vote(world, ask, 'olga', { channel: 'slack' })])).toBe('still-open');
  });

  test('nobody behind the run counts: who owns the service account that started it', async () => {
    const world = await createGateWorld({ ticket: { owners: ['olga'] } });
    const ask = await world.ask();
    expect(await word(world, ask, [world.vote(ask)])).toBe('still-open');
  });

  test('nobody counts whom a requester enrolled under another name of theirs', async () => {
    const world = await worldOf('', 'people: { rita: [rita, rita-oncall] }\n');
    await world.enrol('puppet', { mintedBy: 'rita-oncall', madeByBearer: true });
    const ask = await world.ask();
    expect(await word(world, ask, [vote(world, ask, 'puppet')])).toBe('still-open');
    expect(await word(world, ask, [vote(world, ask, 'puppet'), vote(world, ask, 'olga')])).toBe('allow');
  });

  test('a denial that stops the run says so beside the denial', async () => {
    const world = await worldOf('');
    const ask = await world.ask();
    const stop = vote(world, ask, 'olga', { verdict: 'deny', stop: true });
    expect(await word(world, ask, [stop])).toBe('deny denied-by-person stopped-by-person');
  });
});

describe('P2 a withdrawal', () => {
  test('before the quorum leaves the request open for others', async () => {
    const world = await worldOf('');
    await world.enrol('pete');
    const ask = await world.ask();
    const approval = world.vote(ask);
    const withdrawal = world.vote(ask, { verdict: 'withdraw', withdraws: digestJson('vote', approval) });
    expect(await word(world, ask, [approval, withdrawal])).toBe('still-open');
    expect(await word(world, ask, [approval, withdrawal, vote(world, ask, 'pete')])).toBe('allow');
  });

  test('after the gate had permitted ends the request as withdrawn', async () => {
    const world = await worldOf('');
    const ask = await world.ask();
    const approval = world.vote(ask);
    expect(await word(world, ask, [approval])).toBe('allow');
    const withdrawal = world.vote(ask, { verdict: 'withdraw', withdraws: digestJson('vote', approval) });
    const result = await world.gate({ ask, votes: [approval, withdrawal], pass: 3 });
    expect(wordOf(result)).toBe('deny approval-withdrawn');
    if (ask.body.verdict !== 'ask') throw new TypeError('not an ask');
    expect(await world.store.getAsk(ask.body.ask.nonce)).toMatchObject({ outcome: 'withdrawn' });
  });

  test('that is only stored is heard: nobody need signal it', async () => {
    const world = await worldOf('');
    const ask = await world.ask();
    const approval = world.vote(ask);
    const withdrawal = world.vote(ask, { verdict: 'withdraw', withdraws: digestJson('vote', approval) });
    await world.store.storeVote(withdrawal, digestJson('vote', withdrawal));
    expect(await word(world, ask, [approval])).toBe('still-open');
  });
});
