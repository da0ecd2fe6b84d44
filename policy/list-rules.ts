/** What lists, constraints and guards refuse or send to a person, whatever the rules say. */
import type { RuleHit } from '../core/contracts/decision.ts';
import type { EffectClass } from '../core/contracts/tool.ts';
import { argumentAt } from './argument-tests.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { GuardFinding, PolicyInput } from './input.ts';
import { matchesTool } from './tool-pattern.ts';
import { type Effect, ruleHit } from './verdict.ts';

/** `argument-constraint`: of every entry of `tools` that fits. */
export function constraintHits({ tools }: CompiledPolicy, { tool, args }: PolicyInput): RuleHit[] {
  const wrong = tools
    .filter(({ pattern, constraints }) => constraints.length > 0 && matchesTool(pattern, tool.name))
    .flatMap(({ constraints }) => constraints.flatMap((constraint) => constraint.check(args) ?? []));
  return wrong.map((reason) => ruleHit('argument-constraint', 'deny', reason));
}

const ruleOfList = { commands: 'allowlist-commands', paths: 'allowlist-paths', hosts: 'allowlist-hosts' } as const;

/** Where several lists name a tool and argument, the value must be on each: a list never widens another. */
export function allowlistHits({ allowlists }: CompiledPolicy, { tool, args }: PolicyInput): RuleHit[] {
  return allowlists
    .filter(({ tools }) => tools.some((pattern) => matchesTool(pattern, tool.name)))
    .filter(({ path, covers }) => !covers(argumentAt(args, path)))
    .map(({ kind, path }) =>
      ruleHit(ruleOfList[kind], 'deny', `Argument "${path.join('.')}" is not on the list of ${kind}`),
    );
}

/** A mark in a text decides nothing by itself: labels do. Secrets in arguments are refused before any policy is asked. */
const signals: ReadonlySet<string> = new Set(['injection', 'secrets']);

/**
 * Where the policy does not say: `critical` denies; `high` asks; `medium` asks where a tool claims to read only, because then
 * it does not, and of another guard than the shell's always: a policy that allows an effect has weighed a plain change.
 */
function usualVerdict({ guard, severity }: GuardFinding, effect: EffectClass): Effect {
  if (signals.has(guard)) return 'allow';
  switch (severity) {
    case 'info':
    case 'low':
      return 'allow';
    case 'medium':
      return effect === 'read' || guard !== 'shell' ? 'ask' : 'allow';
    case 'high':
      return 'ask';
    default:
      // A severity of an unknown scale was meant to say something.
      return 'deny';
  }
}

/** `guard-denies`, `guard-asks`, `guard-off`: what the guards' findings come to, by guard and severity. */
export function guardHits(policy: CompiledPolicy, { findings, tool }: PolicyInput): RuleHit[] {
  return findings.flatMap((finding): RuleHit[] => {
    const { guard, rule = 'finding', message = `severity ${finding.severity}` } = finding;
    const stated = policy.guards.get(guard) ?? policy.guards.get('default');
    const usual = usualVerdict(finding, tool.effect);
    if (stated?.kind === 'off') {
      // A secret that no policy's guard stopped went by because each switches it off: no verdict says so but this rule.
      return usual === 'allow' && guard !== 'secrets'
        ? []
        : [ruleHit('guard-off', 'allow', `guard ${guard} is switched off: ${stated.acknowledge}`)];
    }
    const effect = stated?.bySeverity.get(finding.severity) ?? usual;
    if (effect === 'allow') return [];
    return [ruleHit(effect === 'deny' ? 'guard-denies' : 'guard-asks', effect, `guard ${guard} (${rule}): ${message}`)];
  });
}
