/** Conditions that compare a closed list's value with a text that is not on the list: refused when the policy is loaded. */
import { describe, expect, it } from 'vitest';
import { loaded, problemsOf } from './policy-fixtures.ts';

function policy(when: string): string {
  return JSON.stringify({
    version: 1,
    roles: { operator: {}, admin: { inherits: ['operator'] } },
    groups: { 'on-call': { claims: ['pager'] } },
    rules: [{ id: 'only', reason: 'r', effect: 'deny', tools: ['*'], when }],
  });
}

/** The condition, the mistake as it is found, and what it is taken for. */
const mistakes: readonly (readonly [string, string, string])[] = [
  [`tool.risk == 'hihg'`, 'the text "hihg", expected one of low, medium, high, critical', 'high'],
  [`'critcal' == tool.risk`, 'the text "critcal"', 'critical'],
  [`tool.risk != 'hihg'`, 'the text "hihg"', 'high'],
  [`tool["risk"] == 'hihg'`, 'the text "hihg"', 'high'],
  [`tool.effect == 'efect'`, 'the text "efect", expected one of read, idempotent, effect', 'effect'],
  [`tool.effect in ['read', 'idempotnt']`, 'the text "idempotnt"', 'idempotent'],
  [`!(tool.effect in ['raed'])`, 'the text "raed"', 'read'],
  [`denials > 0 && (run.dryRun || tool.risk == 'hihg')`, 'the text "hihg"', 'high'],
  [`!('admn' in principal.roles)`, 'the role "admn", expected a role declared under "roles"', 'admin'],
  [`'operatr' in principal.roles`, 'the role "operatr"', 'operator'],
  [`principal.roles.exists(r, r == 'admn')`, 'the role "admn"', 'admin'],
  [`principal.roles.all(r, r in ['operator', 'admn'])`, 'the role "admn"', 'admin'],
  [`['operator', 'admn'].exists(r, r in principal.roles)`, 'the role "admn"', 'admin'],
  [`principal.roles == ['admn']`, 'the role "admn"', 'admin'],
  [`principal.roles[0] == 'admn'`, 'the role "admn"', 'admin'],
  [`'on-cal' in principal.groups`, 'the group "on-cal", expected a group declared under "groups"', 'on-call'],
  [`'untrustd' in labels.context`, 'the text "untrustd", expected one of operator, untrusted, secret', 'untrusted'],
  [`'untrustd' in labels.args.host`, 'the text "untrustd"', 'untrusted'],
  [`'untrustd' in labels.args["host"]`, 'the text "untrustd"', 'untrusted'],
  [`labels.args.exists(name, 'secrt' in labels.args[name])`, 'the text "secrt"', 'secret'],
  [`findings.exists(f, f.severity == 'hihg')`, 'the text "hihg", expected one of info, low, medium, high', 'high'],
  [`findings.filter(f, f.guard == 'x').exists(f, f.severity == 'hihg')`, 'the text "hihg"', 'high'],
  [`'hihg' in findings.map(f, f.severity)`, 'the text "hihg"', 'high'],
  [`findings.exists(f, principal.roles.exists(r, r == 'admn' && f.severity == 'high'))`, 'the role "admn"', 'admin'],
  [`findings[0].severity == 'hihg'`, 'the text "hihg"', 'high'],
  [`tool.risk == (run.dryRun ? 'low' : 'hihg')`, 'the text "hihg"', 'high'],
  [`(run.dryRun ? 'none' : tool.risk) == 'hihg'`, 'the text "hihg"', 'high'],
  [`shell(args.command).worst == 'destuctive'`, 'the text "destuctive"', 'destructive'],
  [`'netwrk' in shell(args.command).classes`, 'the text "netwrk"', 'network'],
  [`shell(args.command).verdict == 'aks'`, 'the text "aks"', 'ask'],
  [`local(now, 'UTC').weekday in ['sat', 'snu']`, 'the text "snu"', 'sun'],
  [`[1, 2].exists(tool, tool == 1) || tool.risk == 'hihg'`, 'the text "hihg"', 'high'],
];

const fine: readonly string[] = [
  `tool.risk == 'high' || tool.effect in ['idempotent', 'effect']`,
  `'admin' in principal.roles && 'on-call' in principal.groups`,
  `'secret' in labels.context || 'untrusted' in labels.args.host || 'operator' in labels.args["x"]`,
  `findings.exists(f, f.severity == 'info' && f.guard == 'anything' && f.rule != 'other')`,
  // Open: a tool's own tags, an environment, a guard of a pack, an argument, the names of arguments.
  `'billing' in tool.tags || environment == 'prod-2' || run.agent == 'ops' || onBehalfOf != ''`,
  `args.risk == 'hihg' || args.tool.risk == 'hihg'`,
  `labels.args.exists(name, name == 'host') || 'host' in labels.args`,
  `shell(args.command).names.exists(n, n == 'kubectl') || 'rm' in shell(args.command).rules`,
  // The variable of a loop hides the one of the same name.
  `args.list.exists(tool, tool.risk == 'hihg')`,
  `['hihg'].exists(x, x == args.risk)`,
  // It can be what is compared.
  `(run.dryRun ? 'none' : tool.risk) == 'none'`,
  `(run.dryRun ? args.risk : tool.risk) == 'hihg'`,
  `tool.risk == tool.effect || 'a' == 'b'`,
  `local(now, 'UTC').weekday == 'sun' && local(now, 'UTC').date == '2026-03-29'`,
];

describe('a word outside of a closed list', () => {
  it.each(mistakes)('%s', (when, found, meant) => {
    const problems = problemsOf(policy(when));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`found ${found}`);
    expect(problems[0]).toContain(`did you mean "${meant}"?`);
  });

  it('stands at its line and column, each of them', () => {
    const text = `version: 1
rules:
  - id: only
    reason: r
    effect: deny
    tools: ["*"]
    when: |
      tool.risk == 'hihg' ||
      tool.risk == 'critcal'
`;
    expect(problemsOf(text).map((problem) => problem.split(': found')[0])).toEqual([
      'policy.yaml:8:20',
      'policy.yaml:9:20',
    ]);
  });

  it('is a role that no layer but another one declares: it would never be held here', () => {
    const text = `version: 1
rules: [{ id: only, reason: r, effect: deny, tools: ["*"], when: "!('admin' in principal.roles)" }]`;
    expect(problemsOf(text)).toEqual([
      'policy.yaml:2:69: found the role "admin", expected a role declared under "roles"; add "admin: {}" under "roles"',
    ]);
  });
});

describe('no mistake', () => {
  it.each(fine)('%s', (when) => {
    expect(loaded(policy(when)).rules).toHaveLength(1);
  });
});
