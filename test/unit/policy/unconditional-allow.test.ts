/** A rule that allows whatever the arguments are warned of, also where nobody knows what its tools do. */
import { describe, expect, it } from 'vitest';
import { loadPolicy, policyWarnings } from '../../../policy/index.ts';

const allow = (more = '') => `  - { id: a, reason: r, effect: allow, tools: [drop_table]${more} }\n`;
const deny = '  - { id: no, reason: r, effect: deny, tools: ["*"] }\n';
const unknown = 'rule "a" allows drop_table whatever the arguments, and whether that changes something is not known';
const known = 'rule "a" allows drop_table whatever the arguments';

function warnings(rules: string, effect?: 'read' | 'effect'): string[] {
  const loaded = loadPolicy(`version: 1\nrules:\n${rules}`, 'policy.yaml');
  if (loaded.kind === 'invalid') throw new Error('the policy does not load');
  return policyWarnings(loaded, effect && [{ name: 'drop_table', effect }])
    .filter(({ code }) => code === 'unconditional-allow')
    .map(({ message }) => message);
}

describe('an allow without a condition', () => {
  it.each([
    ['of a tool whose effect no pack tells', allow(), undefined, unknown],
    ['under a condition that is always true', allow(', when: "true"'), undefined, unknown],
    ['of a tool that changes something', allow(), 'effect', known],
    ['always true, of a tool that changes something', allow(', when: "(true)"'), 'effect', known],
  ] as const)('is warned of: %s', (_, rules, effect, said) => {
    const [warning, ...more] = warnings(rules, effect);
    expect(more).toEqual([]);
    expect(warning?.startsWith(said)).toBe(true);
  });

  it.each([
    ['of a tool that only reads', allow(), 'read'],
    ['with a condition', allow(', when: tool.effect == "read"'), undefined],
    ['beside a rule that denies all of it', `${allow()}${deny}`, undefined],
  ] as const)('is not: %s', (_, rules, effect) => {
    expect(warnings(rules, effect)).toEqual([]);
  });
});
