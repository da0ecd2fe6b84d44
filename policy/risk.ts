/**
 * How risky a call is: the highest of what the policy says of the tool, what the tool says of itself, its name, its
 * effect class, its arguments and what the guards found. A name can only raise it: an attacker who names a tool `get_report` gains
 * nothing (a "read-only by its prefix" rule would let them).
 */
import { type Risk, riskSchema } from '../core/contracts/labels.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyInput } from './input.ts';
import { matchesTool } from './tool-pattern.ts';
import { higherRisk } from './verdict.ts';

const highWords = ['delete', 'remove', 'drop', 'truncate', 'destroy', 'purge', 'wipe'];
const mediumWords = ['restart', 'update', 'write', 'create', 'send', 'deploy', 'scale', 'exec', 'shell'];

export function riskOf(policy: CompiledPolicy, input: PolicyInput): Risk {
  const stated = policy.tools.flatMap(({ pattern, risk }) =>
    risk !== undefined && matchesTool(pattern, input.tool.name) ? [risk] : [],
  );
  const found = input.findings.map(({ severity }) => riskOfFinding(severity));
  const all: Risk[] = [
    ...stated,
    ...found,
    riskOfName(input.tool.name),
    riskOfArguments(input.args),
    input.tool.effect === 'effect' ? 'medium' : 'low',
  ];
  if (input.tool.risk) all.push(input.tool.risk);
  return all.reduce(higherRisk, 'low');
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
