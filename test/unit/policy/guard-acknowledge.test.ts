/**
 * A guard that is switched off, whole or in part, says why in words that people can read, and each decision that rests on it
 * says so (P1): whoever writes a policy must not be able to do it in other words.
 */
import { describe, expect, test } from 'vitest';
import { decideByPolicy } from '../../../policy/index.ts';
import { call, loaded, problemsOf, someApprover } from './policy-fixtures.ts';

const withGuards = (guards: string): string =>
  `version: 1\nrules: [{ id: all, reason: r, effect: allow, tools: ["*"] }]\n${someApprover}\nguards: ${guards}\n`;

describe('a reason that nobody can read is refused', () => {
  test.each([
    ['nothing', '""'],
    ['blanks', '"   "'],
    ['a tab and a new line', String.raw`"\t\n"`],
    ['a zero-width space', String.raw`"\u200B"`],
    ['a direction mark and a tag', String.raw`"\u202E\U000E0041"`],
    ['a filler of Hangul', String.raw`"\u3164"`],
    ['no text', '7'],
    ['too much of it', `"${'x'.repeat(301)}"`],
  ])('%s', (_name, reason) => {
    for (const entry of [`{ off: true, acknowledge: ${reason} }`, `{ high: allow, acknowledge: ${reason} }`]) {
      expect(problemsOf(withGuards(`{ shell: ${entry} }`)).join('\n')).toMatch(/policy\.yaml:4:.*expected/u);
    }
  });
});

describe('letting pass what would be asked about or denied says why', () => {
  test.each([
    ['{ shell: { critical: allow } }', 'critical'],
    ['{ shell: { high: allow, critical: ask } }', 'high'],
    ['{ paths: { medium: allow } }', 'medium'],
    ['{ default: { high: allow } }', 'high'],
    ['{ mine: { critical: allow } }', 'critical'],
  ])('%s', (guards, severity) => {
    expect(problemsOf(withGuards(guards)).map((line) => line.replace(/^policy\.yaml:4:\d+: /u, ''))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^found the guard "[a-z]+" letting pass findings of severity ${severity}, expected "acknowledge"`,
          'u',
        ),
      ),
    ]);
    const acknowledged = loaded(withGuards(guards.replace(' } }', ', acknowledge: it is noisy } }')));
    const guard = /[a-z]+/u.exec(guards)?.[0] ?? '';
    const found = { guard: guard === 'default' ? 'url' : guard, severity };
    const { verdict, rules } = decideByPolicy(acknowledged, call({ findings: [found] }));
    expect(verdict).toBe('allow');
    expect(rules).toContainEqual({
      id: 'guard-off',
      effect: 'allow',
      reason: `guard ${found.guard} lets ${severity} findings pass: it is noisy`,
    });
  });

  test.each(['{ input: { block: critical } }', '{ secrets: { block: critical } }', '{ default: { block: critical } }'])(
    'at the other hook points: %s',
    (guards) => {
      expect(problemsOf(withGuards(guards)).join()).toMatch(/letting pass texts with findings of severity high/u);
      expect(problemsOf(withGuards(guards.replace(' } }', ', acknowledge: it is noisy } }')))).toEqual([]);
    },
  );
});

test.each([
  '{ shell: { info: ask, low: ask, medium: deny, high: deny, critical: ask } }',
  '{ injection: { high: allow, critical: allow, block: critical } }',
  '{ shell: { info: allow, low: allow, block: high } }',
  '{ default: { block: medium } }',
])('what lets no more pass needs no reason: %s', (guards) => {
  expect(problemsOf(withGuards(guards))).toEqual([]);
});
