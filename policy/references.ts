/**
 * Checks what a policy's parts say of each other: every name that is used is declared, once, and every ask has somebody
 * to answer it. It reports all that is wrong and decides nothing.
 */
import { builtInRuleIds } from './built-in-rule-ids.ts';
import { hoursComplaints } from './hours.ts';
import { type Complaint, type PathPart, quote } from './problems.ts';
import { quotaComplaints } from './quotas.ts';
import type { PolicySource } from './schema.ts';
import { approvalComplaints } from './reference-terms.ts';
import type { RuleSource } from './schema-rules.ts';
import { suggest } from '../core/suggest.ts';
import { undeclaredRoles } from './undeclared.ts';
import { guardComplaints } from './usual-guard-verdict.ts';

export function referenceComplaints(source: PolicySource): Complaint[] {
  return [
    ...roleComplaints(source),
    ...groupComplaints(source),
    ...peopleComplaints(source),
    ...approvalComplaints(source),
    ...hoursComplaints(source),
    ...requireComplaints(source),
    ...limitComplaints(source),
    ...quotaComplaints(source),
    ...guardComplaints(source),
    ...ruleComplaints(source),
  ];
}

function roleComplaints(source: PolicySource): Complaint[] {
  const complaints: Complaint[] = [];
  for (const [role, { inherits = [] }] of Object.entries(source.roles ?? {})) {
    complaints.push(...undeclaredRoles(source, inherits, ['roles', role, 'inherits']));
    if (inheritsItself(source, role)) {
      complaints.push({
        path: ['roles', role],
        atKey: true,
        found: `the role ${quote(role)}, which inherits itself`,
        expected: 'inheritance without a circle',
        remedy: 'remove one "inherits"',
      });
    }
  }
  for (const [principal, roles] of Object.entries(source.principals ?? {})) {
    complaints.push(...undeclaredRoles(source, roles, ['principals', principal]));
  }
  return complaints;
}

function groupComplaints(source: PolicySource): Complaint[] {
  return Object.entries(source.groups ?? {}).flatMap(([group, { claims = [], principals = [], roles = [] }]) => [
    ...undeclaredRoles(source, roles, ['groups', group, 'roles']),
    ...(claims.length + principals.length > 0
      ? []
      : [
          {
            path: ['groups', group],
            atKey: true,
            found: `the group ${quote(group)} without members`,
            expected: '"claims" or "principals"',
            remedy: 'say who is in it',
          },
        ]),
  ]);
}

function requireComplaints({ require, approvals = {} }: PolicySource): Complaint[] {
  const names = Object.keys(approvals);
  const wanted = require?.terms ?? (require ? 'default' : undefined);
  if (wanted === undefined || names.includes(wanted)) return [];
  return [
    {
      path: ['require', 'terms'],
      found:
        require?.terms === undefined
          ? '"require" in a policy without "approvals.default"'
          : `the terms ${quote(wanted)}`,
      expected: 'terms declared under "approvals"',
      remedy: suggest(wanted, names, `add "${wanted}:" under "approvals"`),
    },
  ];
}

function limitComplaints({ limits, prices = {} }: PolicySource): Complaint[] {
  if (limits?.modelCost === undefined || Object.keys(prices).length > 0) return [];
  return [
    {
      path: ['limits', 'modelCost'],
      found: 'a limit on cost without prices',
      expected: '"prices" of the models',
      remedy: 'add "prices: { <model>: { input: …, output: … } }"',
    },
  ];
}

function inheritsItself(source: PolicySource, role: string): boolean {
  const seen = new Set<string>();
  const open = [...(source.roles?.[role]?.inherits ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === role) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(source.roles?.[next]?.inherits ?? []));
  }
  return false;
}

function peopleComplaints({ people = {} }: PolicySource): Complaint[] {
  const seen = new Map<string, string>();
  return Object.entries(people).flatMap(([person, names]) =>
    names.flatMap((principal, index) => {
      const other = seen.get(principal);
      seen.set(principal, person);
      return other === undefined
        ? []
        : [
            {
              path: ['people', person, index],
              found: `the principal ${quote(principal)} a second time`,
              expected: 'each principal as one person',
              remedy: `take it from ${quote(other)} or from ${quote(person)}`,
            },
          ];
    }),
  );
}

function ruleComplaints(source: PolicySource): Complaint[] {
  const seen = new Set<string>();
  return source.rules.flatMap((rule, index) => {
    const path = ['rules', index];
    const complaints = [
      ...idComplaints(rule, seen, path),
      ...undeclaredRoles(source, rule.roles ?? [], [...path, 'roles']),
      ...termsComplaints(source, rule, path),
    ];
    seen.add(rule.id);
    if (rule.labels && rule.effect !== 'allow') {
      complaints.push({
        path: [...path, 'labels'],
        atKey: true,
        found: `"labels" on a rule that ${rule.effect === 'ask' ? 'asks' : 'denies'}`,
        expected: '"labels" only on a rule that allows',
        remedy: 'delete it',
      });
    }
    return complaints;
  });
}

function idComplaints(rule: RuleSource, seen: ReadonlySet<string>, path: readonly PathPart[]): Complaint[] {
  const at = { path: [...path, 'id'], found: `the rule id ${quote(rule.id)}`, remedy: 'choose another id' };
  if (seen.has(rule.id)) return [{ ...at, found: `${at.found} a second time`, expected: 'each rule id once' }];
  if (builtInRuleIds.has(rule.id)) return [{ ...at, expected: 'an id that the engine does not use itself' }];
  return [];
}

function termsComplaints(source: PolicySource, rule: RuleSource, path: readonly PathPart[]): Complaint[] {
  const names = Object.keys(source.approvals ?? {});
  if (rule.approval !== undefined && rule.effect === 'deny') {
    return [
      {
        path: [...path, 'approval'],
        atKey: true,
        found: '"approval" on a rule that denies',
        expected: 'terms only where somebody can be asked',
        remedy: 'delete it or let the rule ask',
      },
    ];
  }
  const complaints: Complaint[] = [];
  if (rule.approval !== undefined && !names.includes(rule.approval)) {
    complaints.push({
      path: [...path, 'approval'],
      found: `the terms ${quote(rule.approval)}`,
      expected: 'terms declared under "approvals"',
      remedy: suggest(rule.approval, names, `add "${rule.approval}:" under "approvals"`),
    });
  }
  if (rule.effect === 'ask' && !names.includes('default')) {
    complaints.push({
      path: [...path, 'effect'],
      found: 'a rule that asks in a policy without "approvals.default"',
      expected: 'terms named "default" under "approvals"',
      remedy: 'add "approvals: { default: { approvers: …, deadline: 10m } }"',
    });
  }
  return complaints;
}
