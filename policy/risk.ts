/**
 * How risky a call is: the highest of what the policy says of the tool, what the tool says of itself, its name, its
 * effect class, its arguments and what the guards found. A name can only raise it: an attacker who names a tool `get_report` gains
 * nothing (a "read-only by its prefix" rule would let them).
 */
import type { RiskOrigin } from '../core/contracts/approval.ts';
import { type Risk, riskSchema } from '../core/contracts/labels.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyInput } from './input.ts';
import { matchesTool } from './tool-pattern.ts';
import { higherRisk } from './verdict.ts';

const highWords = ['delete', 'remove', 'drop', 'truncate', 'destroy', 'purge', 'wipe'];
const mediumWords = ['restart', 'update', 'write', 'create', 'send', 'deploy', 'scale', 'exec', 'shell'];

export function riskOf(policy: CompiledPolicy, input: PolicyInput): Risk {
  return sourcesOf(policy, input).reduce<Risk>((highest, { risk }) => higherRisk(highest, risk), 'low');
}

/** What makes a call as risky as it is, for the people who judge it: every source of its highest risk, each once. None: `low`. */
export function riskOrigins(policies: readonly CompiledPolicy[], input: PolicyInput): RiskOrigin[] {
  const all = policies.flatMap((policy) => sourcesOf(policy, input));
  const highest = all.reduce<Risk>((risk, one) => higherRisk(risk, one.risk), 'low');
  if (highest === 'low') return [];
  const sources = all.filter(({ risk }) => risk === highest).map(({ from, what }) => ({ from, what }));
  return [...new Map(sources.map((one) => [`${one.from} ${one.what}`, one])).values()];
}

interface RiskSource extends RiskOrigin {
  risk: Risk;
}

function sourcesOf(policy: CompiledPolicy, { tool, args, findings }: PolicyInput): RiskSource[] {
  const stated = policy.tools.flatMap(({ pattern, risk }): RiskSource[] =>
    risk !== undefined && matchesTool(pattern, tool.name) ? [{ risk, from: 'policy', what: pattern }] : [],
  );
  const found = findings.map(({ guard, rule, severity }): RiskSource => {
    return { risk: riskOfFinding(severity), from: 'guard', what: rule === undefined ? guard : `${guard}, ${rule}` };
  });
  const ofEffect: Risk = tool.effect === 'effect' ? 'medium' : 'low';
  return [
    ...stated,
    ...(tool.risk ? [{ risk: tool.risk, from: 'tool' as const, what: tool.name }] : []),
    ...found,
    { risk: riskOfName(tool.name), from: 'name', what: tool.name },
    { risk: riskOfArguments(args), from: 'arguments', what: tool.name },
    { risk: ofEffect, from: 'effect', what: tool.effect },
  ];
}

export function riskOfName(name: string): Risk {
  if (highWords.some((word) => name.includes(word))) return 'high';
  return mediumWords.some((word) => name.includes(word)) ? 'medium' : 'low';
}

/** Arguments that hold a command or a statement; what other texts say of deleting is only said. */
const codeArguments = /^(?:command|cmd|script|code|shell|exec|sql|query|statement)$/iu;
const destructiveWords =
  /(?:^|[^\w-])(?:rm|dd|mkfs|shred|wipefs|shutdown|reboot|halt|poweroff|drop|delete|truncate)(?:[^\w-]|$)/iu;
const longestRead = 65_536;

export function riskOfArguments(args: Readonly<Record<string, unknown>>): Risk {
  const risky = Object.entries(args).some(
    ([name, value]) =>
      typeof value === 'string' &&
      codeArguments.test(name) &&
      (value.length > longestRead || destructiveWords.test(value)),
  );
  return risky ? 'high' : 'low';
}

/** A severity of an unknown scale counts as high: it was meant to say something. */
function riskOfFinding(severity: string): Risk {
  if (severity === 'info') return 'low';
  const known = riskSchema.safeParse(severity);
  return known.success ? known.data : 'high';
}
