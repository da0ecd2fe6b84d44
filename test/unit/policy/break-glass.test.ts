/** Break-glass in policies: what loads, how terms combine, what counts as looser, and what is warned about. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ApprovalTerms } from '../../../core/contracts/approval.ts';
import { combineTerms, comparePolicies, loadPolicy, policyWarnings } from '../../../policy/index.ts';
import { loaded } from './policy-fixtures.ts';

function policy(breakGlass = '{ role: lead }', more = ''): string {
  return `version: 1
roles: { operator: {}, lead: {}, chief: {} }
principals: { bob: [operator], carol: [operator], dan: [operator] }
approvals:
  default:
    approvers: { roles: [operator] }
    quorum: 2
    deadline: 30m
    ${breakGlass === '' ? '' : `breakGlass: ${breakGlass}`}
    ${more}
rules:
  - { id: changes, reason: it changes something, effect: ask, tools: ["*"] }
`;
}
const termsOf = (breakGlass?: string): ApprovalTerms => {
  const terms = loaded(policy(breakGlass)).terms.get('default');
  if (!terms) throw new TypeError('no default terms');
  return terms;
};
function sourceOf(text: string) {
  const read = loadPolicy(text, 'policy.yaml');
  if (read.kind !== 'policy') throw new TypeError(read.problems[0]?.message ?? 'not loaded');
  return read.source;
}

describe('breakGlass', () => {
  it('has safe limits where it does not say, and none are there without it', () => {
    expect(termsOf().breakGlass).toEqual({ role: 'lead', perDay: 3, reviewWithinMs: 86_400_000 });
    expect(termsOf('{ role: lead, perDay: 1, reviewWithin: 2h }').breakGlass).toMatchObject({
      reviewWithinMs: 7_200_000,
    });
    expect(termsOf('')).not.toHaveProperty('breakGlass');
  });

  it.each([
    ['a role that is not declared', '{ role: boss }', 'boss'],
    ['several roles', '{ role: [lead, chief] }', 'role'],
    ['no role', '{ perDay: 1 }', 'role'],
    ['people by name', '{ principals: [mia] }', 'principals'],
    ['no uses', '{ role: lead, perDay: 0 }', 'perDay'],
    ['more uses than may be', '{ role: lead, perDay: 21 }', 'perDay'],
    ['a review in a year', '{ role: lead, reviewWithin: 365d }', '30d'],
    ['no review', '{ role: lead, review: false }', 'review'],
    ['a review that is due at once', '{ role: lead, reviewWithin: 0s }', 'reviewWithin'],
  ])('does not load with %s', (_name, written, about) => {
    const read = loadPolicy(policy(written), 'policy.yaml');
    expect(read.kind).toBe('invalid');
    expect(JSON.stringify(read)).toContain(about);
  });

  it('is left of two terms only where both name the same role, with the lesser numbers', () => {
    const [one, other] = [termsOf('{ role: lead, perDay: 5, reviewWithin: 4h }'), termsOf('{ role: lead, perDay: 2 }')];
    const both = { role: 'lead', perDay: 2, reviewWithinMs: 14_400_000 };
    expect(combineTerms(one, other).breakGlass).toEqual(both);
    expect(combineTerms(other, one).breakGlass).toEqual(both);
    for (const without of [termsOf(''), termsOf('{ role: chief }')]) {
      expect(combineTerms(one, without)).not.toHaveProperty('breakGlass');
      expect(combineTerms(without, one)).not.toHaveProperty('breakGlass');
    }
  });

  it.each<[string, string, string, string]>([
    ['new', '', '{ role: lead }', 'looser'],
    ['taken away', '{ role: lead }', '', 'tighter'],
    ['of another role', '{ role: lead }', '{ role: chief }', 'looser'],
    ['more often', '{ role: lead }', '{ role: lead, perDay: 4 }', 'looser'],
    ['less often', '{ role: lead }', '{ role: lead, perDay: 2 }', 'tighter'],
    ['reviewed later', '{ role: lead }', '{ role: lead, reviewWithin: 25h }', 'looser'],
    ['reviewed sooner', '{ role: lead }', '{ role: lead, reviewWithin: 23h }', 'tighter'],
  ])('that is %s is told as such', (_name, before, after, direction) => {
    const differences = comparePolicies(sourceOf(policy(before)), sourceOf(policy(after)));
    expect(differences.map((one) => one.direction)).toEqual([direction]);
    expect(differences[0]?.path).toContain('approvals.default.breakGlass');
  });

  it('that says the usual in words is no difference', () => {
    const same = comparePolicies(sourceOf(policy()), sourceOf(policy('{ role: lead, perDay: 3, reviewWithin: 24h }')));
    expect(same.filter(({ direction }) => direction !== 'tighter')).toEqual([]);
  });

  it('is warned about, and also where too few are known to review it', () => {
    const codesOf = (text: string): string[] => {
      const read = loadPolicy(text, 'policy.yaml');
      if (read.kind !== 'policy') throw new TypeError('not loaded');
      return policyWarnings(read)
        .map(({ code }) => code)
        .filter((code) => code.startsWith('break-glass'));
    };
    expect(codesOf(policy())).toEqual(['break-glass']);
    expect(codesOf(policy(''))).toEqual([]);
    const few = policy().replace(', dan: [operator]', '');
    expect(codesOf(few)).toEqual(['break-glass', 'break-glass-without-reviewers']);
  });

  it.each([
    ['{ roles: [boss] }', true],
    ['{ groups: [night] }', true],
    ['{ principals: [bob] }', false],
  ])('counts for approvers %s whom it names, and says where keys may bring more', (approvers, bringsMore) => {
    const text = `version: 1
roles: { boss: {} }
principals: { bob: [boss] }
groups: { night: { principals: [bob], claims: [on-call] } }
rules: []
approvals:
  default: { approvers: ${approvers}, quorum: 2, deadline: 5m }
`;
    const read = loadPolicy(text, 'policy.yaml');
    if (read.kind !== 'policy') throw new TypeError('not loaded');
    const [message = ''] = policyWarnings(read)
      .filter(({ code }) => code === 'quorum-too-large')
      .map((one) => one.message);
    const more = bringsMore ? ' (people whose keys bring its role or group are not counted)' : '';
    expect(message).toBe(`terms "default" need 2 approvals and have 1 known approver${more}`);
  });

  it('of docs/break-glass.md loads as the page says', () => {
    const page = readFileSync(new URL('../../../docs/break-glass.md', import.meta.url), 'utf8');
    const [, text = ''] = /^```yaml policy\n(.*?)^```$/ms.exec(page) ?? [];
    expect(loaded(text).terms.get('default')?.breakGlass).toEqual({
      role: 'incident-lead',
      perDay: 3,
      reviewWithinMs: 86_400_000,
    });
  });
});
