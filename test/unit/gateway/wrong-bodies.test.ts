/** What a request is told that has another shape: which key, what it is, what was expected, what to do. And never what it said. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nonceOf } from '../../support/signed-objects.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await startWorld();
  key = await world.key('bob');
  await world.ask(1);
});
afterEach(() => world.close());

const votes = `/v1/approvals/${nonceOf(1)}/votes`;
const digest = `sha256:${'0'.repeat(64)}`;
const grant = { propose: { uses: 0, ttlMs: 1000 } };

describe('a body of another shape', () => {
  it.each<[string, string, unknown, { field: string; problem: string }]>([
    [
      'an unknown key that is near a known one',
      votes,
      { verdict: 'approve', cardDigset: digest },
      {
        field: 'cardDigset',
        problem:
          'is not known, expected one of verdict, cardDigest, reason, stop, confirmation, grant, channel; did you mean "cardDigest"?',
      },
    ],
    [
      'an unknown key that is near nothing',
      `/v1/approvals/${nonceOf(1)}/withdrawals`,
      { zzzzzzzzzz: 1 },
      { field: 'zzzzzzzzzz', problem: 'is not known, expected one of reason, channel; leave it out' },
    ],
    [
      'a key that is missing',
      votes,
      { cardDigest: digest },
      { field: 'verdict', problem: 'is missing, expected one of approve, deny, break-glass; add it' },
    ],
    [
      'a word that is none of those there are',
      votes,
      { verdict: 'aprove', cardDigest: digest },
      {
        field: 'verdict',
        problem: 'is a text of 6 characters, expected one of approve, deny, break-glass; did you mean "approve"?',
      },
    ],
    [
      'another type',
      votes,
      { verdict: 'deny', reason: 7 },
      { field: 'reason', problem: 'is a number, expected text; correct it' },
    ],
    [
      'what is too long',
      votes,
      { verdict: 'deny', reason: 'x'.repeat(2001) },
      { field: 'reason', problem: 'is a text of 2001 characters, expected a length of at most 2000; correct it' },
    ],
    [
      'what is empty',
      votes,
      { verdict: 'deny', reason: '' },
      { field: 'reason', problem: 'is empty, expected a length of at least 1; correct it' },
    ],
    [
      'text of another form',
      votes,
      { verdict: 'deny', cardDigest: 'abc' },
      {
        field: 'cardDigest',
        problem: 'is a text of 3 characters, expected a digest: sha256: and 64 digits of 0-9 and a-f; correct it',
      },
    ],
    [
      'a place deep inside',
      votes,
      { verdict: 'approve', cardDigest: digest, grant },
      { field: 'grant.propose.uses', problem: 'is a number, expected a value of at least 1; correct it' },
    ],
    [
      'an unknown key deep inside',
      votes,
      { verdict: 'approve', cardDigest: digest, grant: { propose: { use: 1, uses: 1, ttlMs: 1000 } } },
      {
        field: 'grant.propose.use',
        problem: 'is not known, expected one of arguments, uses, ttlMs, scope, labels, risk; did you mean "uses"?',
      },
    ],
    ['no object at all', votes, [1], { field: 'body', problem: 'is a list of 1, expected an object; correct it' }],
    [
      'nothing where something is due',
      `/v1/approvals/${nonceOf(1)}/reconcile`,
      { answer: 'happened', cardDigest: digest, reason: '\u200b' },
      { field: 'reason', problem: 'is a text of 1 character, expected a reason that can be read; correct it' },
    ],
  ])('names %s', async (_what, url, body, field) => {
    const answer = await world.call('POST', url, { key, body });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'input-invalid', fields: [field] });
    const place = field.field === 'body' ? 'the body' : `"${field.field}"`;
    expect(answer.body['detail']).toBe(`Cannot read the body of this request: ${place} ${field.problem}`);
  });

  it('names each of several, and at most ten', async () => {
    const two = await world.call('POST', votes, { key, body: { verdict: 1, reason: 2 } });
    expect((two.body['fields'] as unknown[]).length).toBe(2);
    expect(two.body['detail']).toMatch(/"verdict" is .*; also "reason" is /);
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, 1]));
    const answer = await world.call('POST', votes, { key, body: { verdict: 'deny', ...many } });
    expect((answer.body['fields'] as unknown[]).length).toBe(10);
  });

  it('names a key that hides something cut, and what hides made visible', async () => {
    const hostile = `\u001b[2J\u202e${'k'.repeat(500)}`;
    const { text } = await world.call('POST', votes, { key, body: { verdict: 'deny', [hostile]: 1 } });
    expect(text).not.toContain('\u202e');
    expect(text).toContain('\\\\u{1B}[2J\\\\u{202E}');
    expect(text.length).toBeLessThan(1500);
  });

  it('repeats no value', async () => {
    const value = ['never', 'said', 'again'].join('-');
    const body = { verdict: value, reason: [value], cardDigest: value, stop: value, channel: value };
    const { status, text } = await world.call('POST', votes, { key, body });
    expect(status).toBe(400);
    expect(text).not.toContain(value);
    expect(world.log.join('')).not.toContain(value);
  });
});

it.each([
  ['/v1/approvals?limt=1', 'query', 'limt', 'did you mean "limit"?'],
  ['/v1/approvals?limit=500', 'query', 'limit', 'expected'],
  ['/v1/approvals/nothing', 'address', 'nonce', 'expected the nonce of a request: a UUID'],
])('%s is told what is wrong with its %s', async (url, part, field, words) => {
  const { status, body } = await world.call('GET', url, { key });
  expect(status).toBe(400);
  expect(body['detail']).toContain(`Cannot read the ${part} of this request: "${field}" `);
  expect(body['detail']).toContain(words);
});
