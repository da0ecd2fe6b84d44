/** What lists, constraints and guards refuse or send to a person, whatever the rules say. */
import type { RuleHit } from '../core/contracts/decision.ts';
import { argumentAt } from './argument-tests.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyInput } from './input.ts';
import { matchesTool } from './tool-pattern.ts';
import { usualVerdict } from './usual-guard-verdict.ts';
import { ruleHit } from './verdict.ts';

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
    if (effect === 'allow') {
      // Let pass by the policy's word alone: the record says so, and why.
      if (usual === 'allow' || stated?.acknowledge === undefined) return [];
      const reason = `guard ${guard} lets ${finding.severity} findings pass: ${stated.acknowledge}`;
      return [ruleHit('guard-off', 'allow', reason)];
    }
    return [ruleHit(effect === 'deny' ? 'guard-denies' : 'guard-asks', effect, `guard ${guard} (${rule}): ${message}`)];
  });
}
