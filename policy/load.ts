/**
 * Loads a policy: text in, a compiled policy or everything that is wrong with it out. It never throws, and it never
 * answers a policy that does not parse with another one.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { type Condition, type ConditionEngine, createConditionEngine } from './conditions.ts';
import { parseDuration } from './duration.ts';
import { withPlaceholders } from './placeholders.ts';
import { type Complaint, type PolicyProblem, problemAt } from './problems.ts';
import { referenceComplaints } from './references.ts';
import { closeRoles } from './roles.ts';
import { type ApprovalSource, type PolicySource, policySourceSchema, type RuleSource } from './schema.ts';
import { readPolicyDocument } from './yaml-document.ts';
import { complaintsOf } from './zod-problems.ts';

export type LoadedPolicy =
  | {
      kind: 'policy';
      policy: CompiledPolicy;
      /** Canonical JSON of the policy as written; it is itself a policy file and loads to the same. */
      digestBytes: string;
    }
  | { kind: 'invalid'; problems: PolicyProblem[] };

const mostProblems = 200;

/** @param file named in problems, never opened. */
export function loadPolicy(text: string, file: string): LoadedPolicy {
  try {
    return load(text, file);
  } catch {
    const complaint = { path: [], found: 'a policy that cannot be read', expected: 'a policy', remedy: 'simplify it' };
    return { kind: 'invalid', problems: [problemAt(file, { line: 1, column: 1 }, complaint)] };
  }
}

function load(text: string, file: string): LoadedPolicy {
  const read = readPolicyDocument(text, file);
  if (read.kind === 'invalid') return read;
  const { document } = read;
  const parsed = policySourceSchema.safeParse(document.value);
  const source = parsed.success ? parsed.data : withPlaceholders(document.value, parsed.error.issues);
  const wrongShape = parsed.success ? [] : complaintsOf(parsed.error.issues, document.value);
  if (!source) return invalid(wrongShape);

  const engine = createConditionEngine();
  const { conditions, complaints } = compileConditions(source, engine);
  const all = [...wrongShape, ...referenceComplaints(source), ...complaints];
  if (!parsed.success || all.length > 0) return invalid(all);
  return { kind: 'policy', policy: compile(parsed.data, engine, conditions), digestBytes: canonicalJson(parsed.data) };

  function invalid(found: readonly Complaint[]): LoadedPolicy {
    const problems = found.map((complaint) => problemAt(file, document.locate(complaint), complaint));
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    return { kind: 'invalid', problems: sorted.slice(0, mostProblems) };
  }
}

function compileConditions(
  source: PolicySource,
  engine: ConditionEngine,
): { conditions: ReadonlyMap<string, Condition>; complaints: Complaint[] } {
  const conditions = new Map<string, Condition>();
  const complaints: Complaint[] = [];
  for (const [index, rule] of source.rules.entries()) {
    if (rule.when === undefined) continue;
    const compiled = engine.compile(rule.when);
    if (compiled.kind === 'condition') conditions.set(rule.id, compiled.condition);
    else complaints.push(...compiled.complaints.map((complaint) => ({ ...complaint, path: ['rules', index, 'when'] })));
  }
  return { conditions, complaints };
}

function compile(
  source: PolicySource,
  engine: ConditionEngine,
  conditions: ReadonlyMap<string, Condition>,
): CompiledPolicy {
  const inherits = new Map(Object.entries(source.roles ?? {}).map(([role, { inherits: above = [] }]) => [role, above]));
  const roles = closeRoles(inherits);
  const terms = new Map(
    Object.entries(source.approvals ?? {}).map(([name, written]) => [name, compileTerms(name, written, roles)]),
  );
  return {
    version: 1,
    roles,
    principals: new Map(Object.entries(source.principals ?? {})),
    toolRisks: Object.entries(source.tools ?? {}).map(([pattern, { risk }]) => ({ pattern, risk })),
    rules: source.rules.map((rule) => compileRule(rule, conditions, terms)),
    terms,
    allowsUntrusted: source.labels?.untrusted === 'allow',
    limits: {
      callsPerRun: source.limits?.callsPerRun,
      callsPerTurn: source.limits?.callsPerTurn,
      turns: source.limits?.turns,
      argumentBytes: source.limits?.argumentBytes ?? 1_048_576,
      refusalsInARow: source.limits?.refusalsInARow,
    },
    conditions: engine,
  };
}

function compileRule(
  rule: RuleSource,
  conditions: ReadonlyMap<string, Condition>,
  terms: ReadonlyMap<string, ApprovalTerms>,
): CompiledRule {
  return {
    id: rule.id,
    title: rule.title,
    reason: rule.reason,
    effect: rule.effect,
    tools: rule.tools,
    roles: rule.roles,
    environments: rule.environments,
    condition: conditions.get(rule.id),
    terms: terms.get(rule.approval ?? 'default'),
    allowsUntrusted: rule.labels?.untrusted === 'allow',
  };
}

/** Roles that inherit an approver's role may approve too; they are named, so that a vote is judged by the ask alone. */
function compileTerms(
  name: string,
  written: ApprovalSource,
  roles: ReadonlyMap<string, readonly string[]>,
): ApprovalTerms {
  const direct = new Set(written.approvers.roles ?? []);
  const eligible = [...roles].filter(([, includes]) => includes.some((role) => direct.has(role))).map(([role]) => role);
  return {
    name,
    approvers: { roles: eligible.toSorted(), principals: [...new Set(written.approvers.principals ?? [])].toSorted() },
    quorum: written.quorum ?? 1,
    deadlineMs: durationOf(written.deadline),
    executeWithinMs: durationOf(written.executeWithin ?? '15m'),
    requesterMayApprove: written.requesterMayApprove ?? false,
    reasonRequired: written.reasonRequired ?? false,
  };
}

/** @throws {RangeError} for what the schema would have refused. */
function durationOf(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new RangeError('a duration passed the schema that is none');
  return milliseconds;
}
