/** What lists, constraints and guards refuse or send to a person, whatever the rules say. */
import type { RuleHit } from '../core/contracts/decision.ts';
import { argumentAt } from './argument-tests.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyInput } from './input.ts';
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

/** Where the policy does not say. */
const verdictBySeverity: ReadonlyMap<string, Effect> = new Map([
  ['info', 'allow'],
  ['low', 'allow'],
  ['medium', 'allow'],
  ['high', 'ask'],
  ['critical', 'deny'],
]);

/** `guard-finding` and `guard-off`: what the guards' findings come to, by guard and severity. */
export function guardHits(policy: CompiledPolicy, { findings }: PolicyInput): RuleHit[] {
  return findings.map(({ guard, severity }) => {
    const stated = policy.guards.get(guard) ?? policy.guards.get('default');
    if (stated?.kind === 'off') {
      return ruleHit('guard-off', 'allow', `Guard "${guard}" is switched off: ${stated.acknowledge}`);
    }
    // A severity of an unknown scale was meant to say something.
    const effect = stated?.bySeverity.get(severity) ?? verdictBySeverity.get(severity) ?? 'deny';
    return ruleHit('guard-finding', effect, `Guard "${guard}" found something of severity ${severity}`);
  });
}
