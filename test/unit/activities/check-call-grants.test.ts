/** A grant lets calls through that its signers approved, and nothing else; whatever is unsure is asked about (P1, P2). */
import { describe, expect, test } from 'vitest';
import type { Grant } from '../../../core/contracts/grant.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { grantDigestOf } from '../../../core/grant/decide-grant.ts';
import { keyIdOf, permitBodyOf } from './check-call-world.ts';
import { zero } from '../../support/ticket-body.ts';
import { createGrantWorld, grantPolicy, grantTtlMs, groundsOf } from './grant-world.ts';
import { audience, otherUuid, signerFor, start } from './run-tool-world.ts';

const confirmed = {
  method: 'api-key' as const,
  credentialId: keyIdOf('olga'),
  mintedBy: 'olga',
  stepUp: 'typed-target' as const,
};
const edited = '{"name":"web-9"}';
const editing = {
  verdict: 'edit' as const,
  edits: { argumentsDigest: digestText('arguments', edited), argumentsBody: digestText('body', edited) },
};

describe('P2 a grant', () => {
  test('lets covered calls through, numbered, until its uses are gone; then people are asked', async () => {
    const world = await createGrantWorld();
    const { grant, digest } = await world.granted();
    const first = await world.call(1, 'web-1');
    expect(groundsOf(first)).toBe('grant 1');
    expect(permitBodyOf(first)).toMatchObject({
      approval: null,
      grant: { grantId: grant.grantId, grantDigest: digest, use: 1, nonce: grant.request.nonce },
    });
    expect(groundsOf(await world.call(2, 'web-2'))).toBe('grant 2');
    expect(groundsOf(await world.call(3, 'web-3'))).toBe('ask');
  });

  test('is used once by a call, in whatever pass', async () => {
    const world = await createGrantWorld();
    await world.granted({ uses: 1 });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('grant 1');
    expect(groundsOf(await world.call(1, 'web-1', { pass: 2 }))).toBe('grant 1');
    expect(groundsOf(await world.call(2, 'web-1'))).toBe('ask');
  });

  test('is shared by calls that race for its last use: one gets it', async () => {
    const world = await createGrantWorld();
    await world.granted({ uses: 3 });
    const calls = Array.from({ length: 8 }, (_, index) => world.call(index + 1, `web-${index}`));
    const grounds = (await Promise.all(calls)).map(groundsOf).toSorted();
    expect(grounds).toEqual(['ask', 'ask', 'ask', 'ask', 'ask', 'grant 1', 'grant 2', 'grant 3']);
  });

  test('does not let a permit live longer than itself', async () => {
    const world = await createGrantWorld();
    const { grant } = await world.granted({ expiresAt: start + 20_000 });
    const result = await world.call(1, 'web-1');
    expect(permitBodyOf(result).grant?.executeByAt).toBe(grant.expiresAt);
    expect(result).toMatchObject({ decision: { expiresAt: grant.expiresAt } });
  });

  test('ends with its time', async () => {
    const world = await createGrantWorld();
    const { grant } = await world.granted({ expiresAt: start + 20_000 });
    world.clock.at = grant.expiresAt;
    expect(groundsOf(await world.call(2, 'web-1'))).toBe('grant 1');
    world.clock.at += 1;
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('ends when it is revoked, whoever wrote the row', async () => {
    const world = await createGrantWorld();
    const { grant } = await world.granted();
    const by = { kind: 'grant-revocation' as const, grantId: grant.grantId, by: 'x', reason: null };
    await world.store.appendControl((sequence) => {
      const own = sealEnvelope(signerFor('control'), 'control', audience, { ...by, sequence }, { issuedAt: start });
      return { ...own, signature: own.signature.replaceAll(/[a-z]/gu, 'A') };
    });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('ends when its vote is withdrawn', async () => {
    const world = await createGrantWorld();
    const { ask } = await world.granted();
    const [vote] = await world.store.votesByNonce(ask.body.verdict === 'ask' ? ask.body.ask.nonce : '');
    await world.storeVote(ask, { verdict: 'withdraw', withdraws: vote?.digest ?? '' });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('ends when the key of its only voter is revoked', async () => {
    const world = await createGrantWorld();
    await world.granted();
    await world.enrol('olga');
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('is none where somebody had edited the call before it was approved', async () => {
    const world = await createGrantWorld();
    const ask = await world.ask({ argumentsText: '{"name":"web-0"}' });
    await world.storeVote(ask, { ...editing, principal: 'quinn' });
    world.clock.at += 1;
    const digest = await world.propose(world.grantFor(ask));
    await world.storeVote(ask, { grantDigest: digest });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('is none for a call that somebody edited until it fits: another person looks at that', async () => {
    const world = await createGrantWorld();
    await world.granted();
    const ask = await world.ask({ index: 1, argumentsText: '{"name":"db-0"}' });
    const argumentsText = '{"name":"web-1"}';
    const argumentsBody = await world.store.putBody(argumentsText);
    const edits = { argumentsDigest: digestText('arguments', argumentsText), argumentsBody };
    await world.storeVote(ask, { verdict: 'edit', principal: 'quinn', edits });
    const taken = await world.call(1, 'db-0', { ask, pass: 2 });
    if (taken.kind !== 'decided') throw new TypeError(taken.kind);
    expect(taken.edited).toBe(argumentsText);
    const again = { edit: taken.decision, pass: 3, round: 2 };
    expect(groundsOf(await world.call(1, 'web-1', again))).toBe('ask');
    expect(groundsOf(await world.call(2, 'web-1'))).toBe('grant 1');
  });

  test.each([
    ['denied', { verdict: 'deny' as const }],
    ['edited', editing],
  ])('is none where the request was %s by somebody whose key is gone since', async (_, answer) => {
    const world = await createGrantWorld();
    const ask = await world.ask({ argumentsText: '{"name":"web-0"}' });
    await world.storeVote(ask, { ...answer, principal: 'quinn' });
    world.clock.at += 1;
    const grant = world.grantFor(ask, { scope: 'agent' });
    await world.storeVote(ask, { grantDigest: await world.propose(grant) });
    await world.store.putBody(edited);
    await world.gate({ argumentsText: '{"name":"web-0"}', ask, pass: 2 });
    await world.enrol('quinn');
    await world.goToOtherRun();
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('ends with a denial of the request it was made with', async () => {
    const world = await createGrantWorld();
    const { ask } = await world.granted();
    await world.storeVote(ask, { verdict: 'deny', principal: 'quinn' });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });
});

describe('P2 a grant does not cover', () => {
  const cases: [name: string, change: Partial<Grant>, call: [index: number, name: string, changed?: object]][] = [
    ['another argument', {}, [1, 'db-1']],
    ['an argument with a second command', {}, [1, 'web-1; reboot']],
    ['an argument with a line break', {}, [1, 'web-1\nreboot']],
    ['an argument that climbs', {}, [1, 'web-/../db']],
    ['an argument of hidden characters', {}, [1, 'web-1\u202e']],
    ['an argument of look-alike letters', {}, [1, 'web-а']],
    ['a call with an argument missing from it', { arguments: {} }, [1, 'web-1']],
    [
      'a call without an argument it names',
      { arguments: { name: { kind: 'like', globs: ['web-*'] }, force: { kind: 'exactly', json: 'true' } } },
      [1, 'web-1'],
    ],
    ['another tool', {}, [1, 'web-1', { tool: 'move' }]],
    [
      'a call that another rule asks about, too',
      { arguments: { name: { kind: 'one-of', json: ['"one"', '"two"'] } } },
      [1, 'two'],
    ],
    ['a further try', {}, [1, 'web-1', { try: 2, tool: 'send' }]],
    ['another run', { scope: 'run', request: undefined as never }, [1, 'web-1']],
    ['another agent', { agent: 'other' }, [1, 'web-1']],
    ['another environment', { environment: 'production' }, [1, 'web-1']],
    ['a context with labels above its own', { labels: [] }, [1, 'web-1']],
    ['a higher risk', { risk: 'low' }, [1, 'web-1']],
    ['what the policy caps: uses', { uses: 6 }, [1, 'web-1']],
    ['what the policy caps: time', { expiresAt: start + grantTtlMs + 1 }, [1, 'web-1']],
    [
      'another definition of the tool',
      { tool: { name: 'send', definitionDigest: digestText('tool-definition', 'x') } },
      [1, 'web-1'],
    ],
  ];
  test.each(cases)('%s', async (_name, change, [index, name, changed]) => {
    const world = await createGrantWorld();
    const { request, ...rest } = change;
    const ask = await world.ask({ argumentsText: '{"name":"web-0"}' });
    const whole = world.grantFor(ask, rest);
    const grant =
      'request' in change
        ? {
            ...whole,
            request: { ...whole.request, ...(request as object | undefined), workflowId: `run-${otherUuid}` },
          }
        : whole;
    await world.storeVote(ask, { grantDigest: await world.propose(grant) });
    expect(groundsOf(await world.call(index, name, changed))).not.toMatch(/^grant/);
  });

  test('anything at all where the policy says nothing of grants', async () => {
    const world = await createGrantWorld({ policy: grantPolicy('', '') });
    await world.granted();
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('critical calls unless the policy says so', async () => {
    const critical = (grants: string) => `${grantPolicy('', grants)}tools: { send: { risk: critical } }\n`;
    for (const [risk, expected] of [
      ['high', 'ask'],
      ['critical', 'grant 1'],
    ] as const) {
      const world = await createGrantWorld({ policy: critical(`{ ttl: 1h, uses: 5, risk: ${risk} }`) });
      await world.granted({ risk: 'critical' }, {}, { authenticated: confirmed });
      expect(groundsOf(await world.call(1, 'web-1'))).toBe(expected);
    }
  });

  test('critical calls where nobody confirmed it afresh, which its terms want unless they say never', async () => {
    for (const [terms, expected] of [
      ['', 'ask'],
      ['stepUpFrom: none', 'grant 1'],
    ] as const) {
      const policy = `${grantPolicy(terms, '{ ttl: 1h, uses: 5, risk: critical }')}tools: { send: { risk: critical } }\n`;
      const world = await createGrantWorld({ policy });
      await world.granted({ risk: 'critical' });
      expect(groundsOf(await world.call(1, 'web-1'))).toBe(expected);
    }
  });

  test('a call of untrusted context where it was given for a clean one', async () => {
    const world = await createGrantWorld();
    await world.granted();
    expect(groundsOf(await world.call(0, 'web-1', { turn: 2 }))).toBe('grant 1');
    await world.looked({ purpose: 'probe' }, { labels: ['untrusted'] });
    expect(groundsOf(await world.call(1, 'web-1', { turn: 2 }))).toBe('ask');
  });

  test('a call where stricter terms hold now than those it was given under', async () => {
    const world = await createGrantWorld();
    await world.granted();
    const stricter = await world.store.putBody(grantPolicy('reasonRequired: true'));
    await world.order({
      kind: 'policy-activation',
      agent: 'ops',
      packDigest: zero,
      policyDigest: stricter,
      by: 'root',
    });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('a call in a run that was denied something', async () => {
    const world = await createGrantWorld();
    await world.granted();
    const other = await world.ask({ index: 5, argumentsText: '{"name":"db"}' });
    await world.storeVote(other, { verdict: 'deny', principal: 'quinn' });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('a call in a run that was reset', async () => {
    const world = await createGrantWorld();
    await world.granted();
    await world.store.raiseRunEpoch({ workflowId: world.caller.workflowId, fromEpoch: 0, reason: 'test', now: start });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('a call of a redeployed tool', async () => {
    const world = await createGrantWorld();
    await world.granted();
    world.redeploy();
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('a tool that wants to see the votes on its own call', async () => {
    const groundsFor = async (tool: string): Promise<string> => {
      const world = await createGrantWorld({ policy: grantPolicy().replace('wipe,', 'wipe, sign,') });
      await world.granted({}, { tool });
      return groundsOf(await world.call(1, 'web-1', { tool }));
    };
    expect(await groundsFor('sign')).toBe('ask');
    expect(await groundsFor('send')).toBe('grant 1');
  });

  test('a call that a guard asks about', async () => {
    const world = await createGrantWorld();
    await world.granted();
    world.found.findings = [{ guard: 'shell', rule: 'x', severity: 'high', message: 'suspicious' }];
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });
});

describe('P2 a grant stands on', () => {
  test('the quorum of its terms: one of two signs nothing', async () => {
    const world = await createGrantWorld({ policy: grantPolicy().replace('quorum: 1', 'quorum: 2') });
    const { digest, ask } = await world.granted();
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
    await world.storeVote(ask, { principal: 'quinn', grantDigest: digest });
    expect(groundsOf(await world.call(2, 'web-1'))).toBe('grant 1');
  });

  test('the quorum of the terms it was given under, where looser ones hold in the run that would use it', async () => {
    const world = await createGrantWorld({ policy: grantPolicy().replace('quorum: 1', 'quorum: 2') });
    await world.granted({ scope: 'agent' });
    await world.goToOtherRun({ policyDigest: await world.store.putBody(grantPolicy()) });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('votes for exactly it: who approved the call alone, or another grant, approved no more', async () => {
    const world = await createGrantWorld({ policy: grantPolicy().replace('quorum: 1', 'quorum: 2') });
    const { ask, grant } = await world.granted();
    const wider: Grant = { ...grant, grantId: 'wider0000000', arguments: { name: { kind: 'like', globs: ['w*'] } } };
    await world.propose(wider);
    await world.storeVote(ask, { principal: 'quinn', grantDigest: grantDigestOf(wider) });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
    expect(groundsOf(await world.call(2, 'wobble'))).toBe('ask');
  });

  test.each([
    ['the requester', { principal: 'rita' }],
    ['a vote after the deadline', { castAt: start + 60_001 }],
    ['a vote of another request', { askDigest: digestText('decision', 'x') }],
    ['a vote for no grant', { grantDigest: undefined }],
  ])('nothing by %s', async (_name, change) => {
    const world = await createGrantWorld();
    await world.enrol('rita');
    const ask = await world.ask({ argumentsText: '{"name":"web-0"}' });
    const digest = await world.propose(world.grantFor(ask));
    const { grantDigest: _, ...rest } = { grantDigest: digest, ...change };
    await world.storeVote(ask, 'grantDigest' in change ? rest : { ...rest, grantDigest: digest });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('nothing that a database writer changed: the record, a vote, the request', async () => {
    const world = await createGrantWorld();
    const ask = await world.ask({ argumentsText: '{"name":"web-0"}' });
    const grant = world.grantFor(ask);
    const wide = { ...grant, arguments: { name: { kind: 'like' as const, globs: ['db-*'] } } };
    const sealed = sealEnvelope(
      signerFor('control'),
      'control',
      audience,
      { kind: 'grant', sequence: 1, grant },
      { issuedAt: start },
    );
    await world.store.appendControl(
      (sequence) => ({ ...sealed, body: { kind: 'grant', sequence, grant: wide } }) as never,
    );
    await world.storeVote(ask, { grantDigest: grantDigestOf(wide) });
    expect(groundsOf(await world.call(1, 'db-1'))).toBe('ask');
  });

  test('nothing whose request says other terms than the gate signed', async () => {
    const world = await createGrantWorld({ policy: grantPolicy().replace('quorum: 1', 'quorum: 2') });
    const ask = await world.ask({ argumentsText: '{"name":"web-0"}' });
    const grant = world.grantFor(ask);
    const terms = { ...grant.request.terms, quorum: 1 };
    const looser = { ...grant, request: { ...grant.request, terms, termsDigest: digestJson('terms', terms) } };
    await world.storeVote(ask, { grantDigest: await world.propose(looser) });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('people who are not behind the run that uses it, either', async () => {
    const world = await createGrantWorld();
    await world.granted({ scope: 'agent' });
    // Its only signer started the other run.
    await world.goToOtherRun({ principal: 'olga' });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('by the word of whoever asked for it, in no other run of the agent', async () => {
    const world = await createGrantWorld();
    await world.enrol('rita');
    // A gateway that was taken over signs what it likes: rita asked, and did not start the other run.
    await world.granted({ scope: 'agent' }, {}, { principal: 'rita' });
    await world.goToOtherRun({ principal: 'sam' });
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });

  test('its scope: an agent-wide one covers another run of the agent', async () => {
    const world = await createGrantWorld();
    await world.granted({ scope: 'agent' });
    await world.goToOtherRun();
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('grant 1');
  });

  test('nobody’s no: a denial of its request after the quorum ends it in other runs, too', async () => {
    const world = await createGrantWorld();
    const { ask } = await world.granted({ scope: 'agent' });
    world.clock.at += 1000;
    await world.storeVote(ask, { verdict: 'deny', principal: 'quinn' });
    await world.goToOtherRun();
    expect(groundsOf(await world.call(1, 'web-1'))).toBe('ask');
  });
});
