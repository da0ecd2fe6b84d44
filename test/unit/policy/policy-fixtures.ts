/** Shared by the policy tests: a policy that must load, and a call that each test changes where it matters. */
import { type CompiledPolicy, formatProblem, loadPolicy, type PolicyInput } from '../../../policy/index.ts';

export function loaded(text: string): CompiledPolicy {
  const result = loadPolicy(text, 'policy.yaml');
  if (result.kind === 'invalid') throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.policy;
}

export function problemsOf(text: string): string[] {
  const result = loadPolicy(text, 'policy.yaml');
  return result.kind === 'invalid' ? result.problems.map(formatProblem) : [];
}

type Whole =
  | 'onBehalfOf'
  | 'environment'
  | 'labels'
  | 'argumentLabels'
  | 'argumentBytes'
  | 'findings'
  | 'target'
  | 'denials'
  | 'now';
/** Pieces of the inner records, or whole plain values. */
export type CallChanges = Partial<Pick<PolicyInput, Whole>> & {
  readonly [Key in Exclude<keyof PolicyInput, Whole>]?: Partial<PolicyInput[Key]>;
};

export function call(changes: CallChanges = {}): PolicyInput {
  const { principal, tool, run, args, ...rest } = changes;
  return {
    onBehalfOf: null,
    environment: 'production',
    labels: [],
    findings: [],
    denials: 0,
    now: 1_790_000_000_000,
    ...rest,
    principal: { id: 'alice', roles: [], ...principal },
    tool: { name: 'read_logs', effect: 'read', tags: [], ...tool },
    args: { ...args },
    run: { agent: 'ops', turn: 1, calls: 0, callsInTurn: 0, dryRun: false, epoch: 0, ...run },
  };
}

export const someApprover = 'approvals: { default: { approvers: { principals: [bob] }, deadline: 10m } }';

/** A policy of one rule for every tool. */
export function oneRule(effect: 'allow' | 'ask' | 'deny', when?: string): CompiledPolicy {
  return loaded(
    JSON.stringify({
      version: 1,
      roles: { operator: {} },
      rules: [{ id: 'only', reason: 'because', effect, tools: ['*'], ...(when === undefined ? {} : { when }) }],
      approvals: { default: { approvers: { principals: ['bob'] }, deadline: '10m' } },
    }),
  );
}
