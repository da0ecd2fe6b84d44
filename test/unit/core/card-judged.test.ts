/** What stands on a card for whoever judges it: where values come from, what cannot be read, what differs from before. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { buildCard } from '../../../core/card/build-card.ts';
import { compareArguments } from '../../../core/card/compare-arguments.ts';
import { shortDigest } from '../../../core/card/digest-words.ts';
import { layOutCard } from '../../../core/card/lay-out-card.ts';
import { renderCardText } from '../../../core/card/render-text.ts';
import { votesSoFar } from '../../../core/card/votes-so-far.ts';
import { whyNotShown } from '../../../core/card/why-not-shown.ts';
import type { Card } from '../../../core/contracts/approval.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { facts } from './card-facts.ts';

describe('where values come from', () => {
  const hint = (argument: string) => ({
    guard: 'untrusted-values',
    rule: 'value-in-untrusted-text',
    severity: 'info' as const,
    message: `argument ${argument}: its value occurs in untrusted text (the result of call 1.0)`,
    argument,
  });
  const args = canonicalJson({ 'a/b': { to: ['DE44', 'a b'] }, ok: true });

  test('each value that untrusted text holds stands on a line of its own, right under the arguments', () => {
    const card = buildCard(facts({ arguments: args, findings: [hint('/a~1b/to/0'), hint('/a~1b/to/1')] }));
    const [, , first, second, next] = layOutCard(card);
    expect(first?.text).toBe(`${hint('/a~1b/to/0').message}: "DE44"`);
    expect(second?.text).toBe(`${hint('/a~1b/to/1').message}: "a b"`);
    expect([first?.label, second?.label, next?.label]).toEqual(['untrusted', 'untrusted', 'digest']);
    expect(layOutCard(card).filter(({ label }) => label === 'finding')).toEqual([]);
  });

  test('a place that is not in the arguments, or an own name of objects, shows no value', () => {
    for (const argument of ['/gone', '/a~1b/to/7', '/constructor/name', '/a~1b/to/length', '/ok/x', '']) {
      const card = buildCard(facts({ arguments: args, findings: [hint(argument)] }));
      expect(layOutCard(card)[2]?.text).toBe(hint(argument).message);
    }
  });

  test('where nothing was found, the card says that this proves nothing; without untrusted text it says nothing', () => {
    const line = (labels: Card['labels']) => layOutCard(buildCard(facts({ labels })))[2];
    expect(line(['untrusted'])?.text).toContain('which proves nothing');
    expect(line(['operator'])?.label).toBe('digest');
  });
});

describe('where the risk comes from', () => {
  test('each origin stands on a line of its own under the risk, with what hides in a name made visible', () => {
    const riskFrom: Card['riskFrom'] = [
      { from: 'policy', what: 'delete_*' },
      { from: 'guard', what: 'shell, pipe\u202e' },
    ];
    const lines = layOutCard(buildCard(facts({ risk: 'high', riskFrom })));
    const at = lines.findIndex(({ label }) => label === 'effect');
    expect(lines.slice(at + 1, at + 3).map(({ label, text }) => `${label}: ${text}`)).toEqual([
      'risk from: the policy, for tools delete_*',
      'risk from: what a guard found: shell, pipe\\u{202E}',
    ]);
    expect(layOutCard(buildCard(facts({}))).map(({ label }) => label)).not.toContain('risk from');
  });
});

describe('what cannot be judged by reading', () => {
  const bytes = Array.from({ length: 300 }, (_, index) => (index * 7919 + 13) % 256);
  const base64 = Buffer.from(bytes).toString('base64');

  test.each([
    ['base64', base64],
    ['base64', `run this: ${base64}`],
    ['hex', Buffer.from(bytes).toString('hex')],
    ['hidden-characters', 'a\u200B'.repeat(100)],
  ] as const)('%s is named with path, length and digest', (why, text) => {
    const card = buildCard(facts({ arguments: canonicalJson({ list: [{ 'a/b': text }] }) }));
    expect(card.opaque).toEqual([{ path: '/list/0/a~1b', why, length: text.length, digest: digestText('body', text) }]);
    expect(renderCardText(card)).toContain('UNINSPECTABLE');
  });

  test('what hides in the name of an argument is named too', () => {
    const card = buildCard(facts({ arguments: canonicalJson({ [base64]: 1 }) }));
    expect(card.opaque?.[0]?.path).toBe(' (a name)');
  });

  test.each([
    'The quick brown fox jumps over the lazy dog, and over the next one as well, until the line is long enough to count.',
    '0'.repeat(500),
    'a'.repeat(500),
    'f3a1'.repeat(16),
    'Привет, мир! '.repeat(30),
    '/usr/local/share/some/very/long/path/'.repeat(6),
    'first-second-third-fourth-fifth-'.repeat(8),
  ])('ordinary text is not: %s', (text) => {
    expect(buildCard(facts({ arguments: canonicalJson({ text }) })).opaque).toBeUndefined();
  });

  test('an approval needs a channel that shows the card whole', () => {
    const short = buildCard(facts());
    const opaque = buildCard(facts({ arguments: canonicalJson({ base64 }) }));
    const body = digestJson('body', 'x');
    const long = canonicalJson({ text: 'word '.repeat(2000) });
    const cut = buildCard(facts({ arguments: long, argumentsBody: body }));
    const lost = buildCard(facts({ arguments: long }));
    const justTooLong = buildCard(facts({ arguments: canonicalJson({ text: 'word '.repeat(700) }) }));
    const channels = ['api', 'terminal', 'web', 'slack', 'webhook'] as const;
    const able = (card: Card) => channels.filter((channel) => whyNotShown(card, channel) === undefined);
    expect(able(short)).toEqual(channels);
    expect(able(opaque)).toEqual(['api', 'terminal', 'web']);
    expect(able(cut)).toEqual(['api', 'terminal', 'web']);
    expect(able(justTooLong)).toEqual(['api', 'terminal', 'web', 'webhook']);
    expect(able(lost)).toEqual([]);
    expect(renderCardText(lost)).toContain('UNINSPECTABLE');
  });
});

describe('what the approver compares', () => {
  test('a digest is four words and eight digits, and another digest others', () => {
    const one = shortDigest(digestJson('card', 1));
    expect(one).toMatch(/^(?:[a-z]+-){3}[a-z]+ [0-9a-f]{8}$/);
    expect(shortDigest(digestJson('card', 2))).not.toBe(one);
  });

  test('arguments are compared value by value, in both directions', () => {
    expect(compareArguments('{"a":1,"b":{"c":[1,2]},"gone":true}', '{"a":2,"b":{"c":[1]},"new":null}')).toEqual({
      changes: [
        { path: '/a', before: '1', after: '2' },
        { path: '/b/c/1', before: '2', after: null },
        { path: '/new', before: null, after: 'null' },
        { path: '/gone', before: 'true', after: null },
      ],
      more: 0,
    });
  });

  test('no difference is none, and only then', () => {
    const json = fc.jsonValue();
    fc.assert(
      fc.property(json, json, (before, after) => {
        const [one, other] = [JSON.stringify({ x: before }), JSON.stringify({ x: after })];
        const same = canonicalJson(JSON.parse(one)) === canonicalJson(JSON.parse(other));
        expect(compareArguments(one, other).changes.length === 0).toBe(same);
      }),
      { numRuns: 300 },
    );
  });

  test('many and long differences are counted and cut', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, 'v'.repeat(1000)]));
    const { changes, more } = compareArguments('{}', JSON.stringify(many));
    expect([changes.length, more]).toEqual([20, 10]);
    expect(changes[0]?.after?.length).toBeLessThan(240);
  });

  test('the changes, the time left and the votes so far stand on the card', () => {
    const text = renderCardText(buildCard(facts({ blastRadius: 'one service', undo: 'start it again' })), {
      now: 1_800_000_000_000,
      cardDigest: digestJson('card', 1),
      votes: { approvals: 1, quorum: 2 },
      spent: { calls: 3, inputTokens: 20, outputTokens: 5 },
      lastApproved: {
        approvalId: 'run-0/1.0/1',
        at: 1_700_000_000_000,
        by: ['bob'],
        changes: [{ path: '/service', before: '"db"', after: '"web"' }],
        more: 0,
      },
    });
    expect(text).toContain('(60 s left); silence denies');
    expect(text).toContain('1 of 2 approvals so far');
    expect(text).toContain('3 calls, 20 tokens read, 5 written');
    expect(text).toContain('/service: "db" → "web"');
    expect(text).toContain('approved by bob at 2023-11-14T22:13:20.000Z');
    expect(text).toContain('can hit     one service');
    expect(text).toContain('undone by   start it again');
    expect(text).toContain(shortDigest(digestJson('card', 1)));
  });

  test('approvals that are enough by number say whose they must be', () => {
    const thresholds = [
      { from: { roles: [], groups: ['sre'], principals: [] }, approve: 1 },
      { from: { roles: ['lead'], groups: ['security'], principals: ['an\u202Ena'] }, approve: 2 },
      { from: { roles: ['auditor'], principals: [] }, approve: 0, deny: 1 },
    ];
    const cast = [
      { principal: 'bob', verdict: 'approve' },
      { principal: 'sal', verdict: 'approve' },
      { principal: 'bob', verdict: 'withdraw' },
    ] as const;
    const text = renderCardText(buildCard(facts()), { votes: votesSoFar(cast, { quorum: 2, thresholds }) });
    expect(text).toContain(
      'votes       1 of 2 approvals so far; needed among them: 1 of group sre, 2 of role lead, group security, an\\u{202E}na\n',
    );
    expect(renderCardText(buildCard(facts()), { votes: votesSoFar(cast, { quorum: 2 }) })).toContain('so far\n');
  });

  test('that nothing like it was found claims no more than was looked through', () => {
    const text = renderCardText(buildCard(facts()), { lastApproved: null });
    expect(text).toContain(
      'like before nothing of this tool and agent to compare with among the newest approved requests',
    );
  });
});
