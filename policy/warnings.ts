/**
 * What is allowed in a policy and is probably a mistake, or less safe than it looks: for `policy check`. A warning changes no
 * verdict. What cannot be told for sure (whether one condition implies another) is not warned about.
 */
import type { ApproverSet } from '../core/contracts/approval.ts';
import { reviewersNeeded } from '../core/review.ts';
import type { ToolDefinition } from '../core/contracts/tool.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import type { PathPart, Position } from './problems.ts';
import { joinSets } from './terms.ts';
import { coversPattern, matchesTool } from './tool-pattern.ts';

export type WarnedTool = Pick<ToolDefinition, 'name' | 'effect'>;

export interface PolicyWarning extends Position {
  readonly code:
    | 'shadowed-rule'
    | 'unreachable-rule'
    | 'tool-without-rule'
    | 'unconditional-allow'
    | 'quorum-too-large'
    | 'guard-off'
    | 'self-approval'
    | 'break-glass'
    | 'break-glass-without-reviewers'
    | 'no-default-terms'
    | 'untrusted-allowed'
    | 'results-trusted';
  readonly message: string;
}

interface Loaded {
  readonly policy: CompiledPolicy;
  readonly locate: (path: readonly PathPart[]) => Position;
}

/** @param tools those of the agent; absent: not known, and what needs them is not looked at */
export function policyWarnings({ policy, locate }: Loaded, tools?: readonly WarnedTool[]): PolicyWarning[] {
  const warnings: PolicyWarning[] = [];
  const warn = (code: PolicyWarning['code'], path: readonly PathPart[], message: string): void =>
    void warnings.push({ code, message, ...locate(path) });
  for (const [index, rule] of policy.rules.entries()) {
    warnOfRule(policy, rule, tools, (code, message) => warn(code, ['rules', index], message));
  }
  for (const tool of tools ?? []) {
    const named = policy.rules.some((rule) => rule.effect !== 'deny' && namesTool(rule, tool.name));
    if (!named) warn('tool-without-rule', [], `no rule allows or asks for tool "${tool.name}": every call is denied`);
  }
  for (const [name, terms] of policy.terms) {
    const path = ['approvals', name];
    const members = knownApprovers(policy, terms.approvers);
    if (
      terms.quorum > members.size &&
      ((terms.approvers.roles.length === 0 && !terms.approvers.groups) || members.size > 0)
    ) {
      const known = knownWords(terms.approvers, members.size);
      warn('quorum-too-large', path, `terms "${name}" need ${terms.quorum} approvals and have ${known}`);
    }
    if (terms.breakGlass) {
      const { role } = terms.breakGlass;
      warn(
        'break-glass',
        [...path, 'breakGlass'],
        `under terms "${name}" one holder of role "${role}" may answer alone`,
      );
      const reviewers = terms.escalation
        ? knownApprovers(policy, joinSets(terms.approvers, terms.escalation.to))
        : members;
      if (reviewers.size > 0 && reviewers.size < reviewersNeeded + 1) {
        const known = `terms "${name}" have ${knownWords(terms.approvers, reviewers.size)}`;
        const need = `a review needs ${reviewersNeeded} who are neither the breaker nor behind the run`;
        warn('break-glass-without-reviewers', [...path, 'breakGlass'], `${known}, and ${need}`);
      }
    }
    if (terms.requesterMayApprove) {
      warn('self-approval', path, `under terms "${name}" whoever starts a run may approve its calls`);
    }
  }
  for (const [name, guard] of policy.guards) {
    const reason = guard.acknowledge;
    if (reason === undefined) continue;
    const what = guard.kind === 'off' ? 'is switched off' : 'lets more pass than without this entry';
    warn('guard-off', ['guards', name], `guard "${name}" ${what}: ${reason}`);
  }
  if (!policy.terms.has('default')) {
    warn(
      'no-default-terms',
      ['approvals'],
      'there is no approvals.default: what would ask under it, such as after a reset, is denied',
    );
  }
  if (policy.allowsUntrusted) {
    warn('untrusted-allowed', ['labels'], 'calls stay allowed after untrusted content was read');
  }
  for (const pattern of policy.trustedResults.filter((one) => /[*?]/u.test(one))) {
    warn('results-trusted', ['labels', 'trustedResults'], `results of every tool that "${pattern}" names are trusted`);
  }
  return warnings.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

const alwaysTrue = /^\s*\(*\s*true\s*\)*\s*$/u;
const alwaysFalse = /^\s*\(*\s*false\s*\)*\s*$/u;

function warnOfRule(
  policy: CompiledPolicy,
  rule: CompiledRule,
  tools: readonly WarnedTool[] | undefined,
  warn: (code: PolicyWarning['code'], message: string) => void,
): void {
  const shadow = policy.rules.find((other, place) => {
    if (other === rule || !shadows(other, rule)) return false;
    // Of two that say the same, the later one is too many.
    return place < policy.rules.indexOf(rule) || !shadows(rule, other);
  });
  if (shadow) {
    const verb = { deny: 'denies', ask: 'asks for', allow: 'allows' }[shadow.effect];
    const what = shadow.effect === rule.effect ? 'changes nothing' : 'never decides';
    warn('shadowed-rule', `rule "${rule.id}" ${what}: rule "${shadow.id}" ${verb} all that it is for`);
  }
  if (rule.condition && alwaysFalse.test(rule.condition.text)) {
    warn('unreachable-rule', `rule "${rule.id}" never matches: its condition is always false`);
  } else if (tools && !tools.some((tool) => namesTool(rule, tool.name))) {
    warn('unreachable-rule', `rule "${rule.id}" never matches: the agent has none of its tools`);
  }
  if (rule.effect !== 'allow' || (rule.condition && !alwaysTrue.test(rule.condition.text)) || shadow) return;
  const allowed = allowedWithEffect(rule, tools);
  if (allowed !== undefined) warn('unconditional-allow', `rule "${rule.id}" allows ${allowed}`);
}

/** What a rule without a condition lets through beside reads. A tool that is not known counts as one that changes something. */
function allowedWithEffect(rule: CompiledRule, tools: readonly WarnedTool[] | undefined): string | undefined {
  if (tools) {
    const named = tools.filter((tool) => tool.effect !== 'read' && namesTool(rule, tool.name));
    return named.length > 0 ? `${named.map(({ name }) => name).join(', ')} whatever the arguments` : undefined;
  }
  if (rule.tools.includes('*')) return 'every tool whatever the arguments';
  const unknown = 'whether that changes something is not known without the pack: check its folder, or say "when"';
  return `${rule.tools.join(', ')} whatever the arguments, and ${unknown}`;
}

/** Whether `other` is as strict at least, matches whenever `rule` does, and `rule` adds nothing beside it. */
function shadows(other: CompiledRule, rule: CompiledRule): boolean {
  const stricter = other.effect === 'deny' ? rule.effect !== 'deny' : other.effect === 'ask' && rule.effect === 'allow';
  if (!(stricter || addsNothing(other, rule)) || (other.condition && !alwaysTrue.test(other.condition.text)))
    return false;
  return (
    rule.tools.every((pattern) => other.tools.some((wider) => coversPattern(wider, pattern))) &&
    includesAll(other.roles, rule.roles) &&
    includesAll(other.environments, rule.environments)
  );
}

/** The terms of rules that ask add up, and so does what is said of untrusted content where rules allow. */
function addsNothing(other: CompiledRule, rule: CompiledRule): boolean {
  if (other.effect !== rule.effect || rule.condition) return false;
  return rule.effect === 'deny' || (other.terms === rule.terms && other.allowsUntrusted === rule.allowsUntrusted);
}

/** Absent: all. */
function includesAll(wide: readonly string[] | undefined, narrow: readonly string[] | undefined): boolean {
  return !wide || (narrow?.every((one) => wide.includes(one)) ?? false);
}

function namesTool(rule: CompiledRule, tool: string): boolean {
  return rule.tools.some((pattern) => matchesTool(pattern, tool));
}

function knownWords({ roles, groups = [] }: ApproverSet, count: number): string {
  const known = `${count} known ${count === 1 ? 'approver' : 'approvers'}`;
  // Whom a policy gives no role may bring it with a key; who that is stands in no policy.
  return roles.length + groups.length === 0
    ? known
    : `${known} (people whose keys bring its role or group are not counted)`;
}

/** Whom the file itself names; identities may claim the roles besides. */
function knownApprovers(policy: CompiledPolicy, approvers: ApproverSet): ReadonlySet<string> {
  const holds = (roles: readonly string[]): boolean => roles.some((role) => approvers.roles.includes(role));
  const byRole = [...policy.principals].filter(([, roles]) => holds(roles)).map(([principal]) => principal);
  const byGroup = [...policy.groups]
    .filter(([name, { roles }]) => holds(roles) || approvers.groups?.includes(name))
    .flatMap(([, group]) => [...group.principals]);
  return new Set([...approvers.principals, ...byRole, ...byGroup]);
}
