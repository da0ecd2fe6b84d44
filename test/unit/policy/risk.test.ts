/** Where a risk comes from: every source of the highest one, each once, over all policies; and it is the risk that is judged. */
import { expect, test } from 'vitest';
import { decideByPolicy, riskOrigins } from '../../../policy/index.ts';
import { call, type CallChanges, loaded, someApprover } from './policy-fixtures.ts';

const policyWith = (tools: string) =>
  loaded(`version: 1
roles: {}
${someApprover}
tools: ${tools}
rules:
  - { id: all, reason: because, effect: ask, tools: ["*"] }`);
const plain = policyWith('{ "*": { tags: [any] } }');
const strict = policyWith('{ "read_*": { risk: critical }, "read_logs": { risk: high } }');

const cases: [string, CallChanges, string[]][] = [
  ['nothing', {}, []],
  ['its effect class', { tool: { effect: 'effect' } }, ['effect effect']],
  [
    'its name, which says more than its effect class',
    { tool: { name: 'drop_index', effect: 'effect' } },
    ['name drop_index'],
  ],
  ['its own definition', { tool: { risk: 'high' } }, ['tool read_logs']],
  [
    'what a guard found',
    { findings: [{ guard: 'shell', rule: 'pipe', severity: 'high', message: 'm' }] },
    ['guard shell, pipe'],
  ],
  ['its arguments', { args: { command: 'rm -r /srv' } }, ['arguments read_logs']],
  [
    'several that say as much',
    { tool: { name: 'drop_index', risk: 'high' }, args: { sql: 'drop index a' } },
    ['tool drop_index', 'name drop_index', 'arguments drop_index'],
  ],
];

test.each(cases)('a risk comes from %s', (_, changes, expected) => {
  const input = call(changes);
  expect(riskOrigins([plain], input).map(({ from, what }) => `${from} ${what}`)).toEqual(expected);
  // Another layer that says nothing of it adds nothing, and says nothing twice.
  expect(riskOrigins([plain, plain], input)).toEqual(riskOrigins([plain], input));
  expect(expected.length > 0).toBe(decideByPolicy(plain, input).risk !== 'low');
});

test('a risk comes from the policy that states the highest, by its pattern', () => {
  expect(riskOrigins([plain, strict], call({ tool: { risk: 'high' } }))).toEqual([{ from: 'policy', what: 'read_*' }]);
});
