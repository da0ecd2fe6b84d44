/**
 * From a policy as it is written to one that decides. What cannot be compiled is a complaint, all of them at once; the
 * policy is only to be used where there is none.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import { riskSchema } from '../core/contracts/labels.ts';
import { type Compiled, compileAllowlist, compileConstraint } from './argument-tests.ts';
import { foldWords } from './blocked.ts';
import { closedWords } from './closed-words.ts';
import type { CompiledGroup, CompiledPolicy, CompiledRule, CompiledTool, GuardVerdicts } from './compiled-policy.ts';
import type { ArgumentTypes } from './condition-types.ts';
import { type Condition, type ConditionEngine, createConditionEngine } from './conditions.ts';
import { durationOf } from './duration.ts';
import type { ReadShell, ValidateCommand } from './functions/shell-facts.ts';
import { type Complaint, type PathPart, quote } from './problems.ts';
import { compileTerms } from './compile-terms.ts';
import { compileHours } from './hours.ts';
import { compileQuotas } from './quotas.ts';
import { closeRoles } from './roles.ts';
import type { PolicySource } from './schema.ts';
import type { GuardSource, ToolSource } from './schema-parts.ts';
import type { RuleSource } from './schema-rules.ts';
import { matchesTool } from './tool-pattern.ts';

export interface CompileOptions {
  /** Of the tools that are known: conditions are checked against them. */
  readonly types: readonly ArgumentTypes[];
  readonly readShell: ReadShell | undefined;
  readonly validateCommand: ValidateCommand | undefined;
}

export function compilePolicy(
  source: PolicySource,
  options: CompileOptions,
): { policy: CompiledPolicy; complaints: Complaint[] } {
  const [declaredRoles, groups] = [Object.keys(source.roles ?? {}), Object.keys(source.groups ?? {})];
  const engine = createConditionEngine(closedWords({ roles: declaredRoles, groups }), options.readShell);
  const complaints: Complaint[] = [];
  const complain = (complaint: Complaint): void => void complaints.push(complaint);
  const conditions = compileConditions(source, engine, options.types, complain);
  const inherits = new Map(Object.entries(source.roles ?? {}).map(([role, { inherits: above = [] }]) => [role, above]));
  const roles = closeRoles(inherits);
  const terms = new Map(
    Object.entries(source.approvals ?? {}).map(([name, written]) => [name, compileTerms(name, written, roles)]),
  );
  const policy: CompiledPolicy = {
    version: 1,
    roles,
    principals: new Map(Object.entries(source.principals ?? {})),
    groups: new Map(Object.entries(source.groups ?? {}).map(([name, group]) => [name, compileGroup(group)])),
    people: new Map(
      Object.entries(source.people ?? {}).flatMap(([person, names]) => names.map((one) => [one, person] as const)),
    ),
    tools: Object.entries(source.tools ?? {}).map(([pattern, tool]) => compileTool(pattern, tool, options, complain)),
    rules: source.rules.map((rule) => compileRule(rule, conditions, terms)),
    terms,
    hours: compileHours(source),
    allowsUntrusted: source.labels?.untrusted === 'allow',
    relabel: (source.labels?.relabel ?? []).map(({ tools, argument, values }) => {
      return { tools, argument, values: new Set<unknown>(values) };
    }),
    trustedResults: (source.labels?.trustedResults ?? []).flatMap(({ tools }) => tools),
    limits: compileLimits(source),
    quotas: compileQuotas(source),
    prices: new Map(Object.entries(source.prices ?? {})),
    guards: new Map(Object.entries(source.guards ?? {}).map(([name, guard]) => [name, compileGuard(guard)])),
    allowlists: compileAllowlists(source, options.readShell, complain),
    blocked: {
      users: new Set(source.blocked?.users ?? []),
      words: (source.blocked?.words ?? []).map(foldWords),
      tools: source.blocked?.tools ?? [],
    },
    require: compileRequire(source, terms),
    dryRunReads: source.dryRun?.reads ?? 'describe',
    layers: compileLayers(source),
    readsTarget: source.rules.some(({ when }) => when !== undefined && /\btarget\b/u.test(when)),
    conditions: engine,
    readShell: options.readShell,
  };
  return { policy, complaints };
}

type Complain = (complaint: Complaint) => void;

function compileConditions(
  source: PolicySource,
  engine: ConditionEngine,
  types: readonly ArgumentTypes[],
  complain: Complain,
): ReadonlyMap<string, Condition> {
  const conditions = new Map<string, Condition>();
  for (const [index, rule] of source.rules.entries()) {
    if (rule.when === undefined) continue;
    const own = types.filter(({ tool }) => rule.tools.some((pattern) => matchesTool(pattern, tool)));
    const compiled = engine.compile(rule.when, own);
    if (compiled.kind === 'condition') conditions.set(rule.id, compiled.condition);
    else for (const complaint of compiled.complaints) complain({ ...complaint, path: ['rules', index, 'when'] });
  }
  return conditions;
}

function compileTool(
  pattern: string,
  source: ToolSource,
  { validateCommand }: CompileOptions,
  complain: Complain,
): CompiledTool {
  const { limits = {}, risk, tags = [] } = source;
  const constraints = Object.entries(source.arguments ?? {}).flatMap(([argument, written]) =>
    compiledOr(
      compileConstraint(argument, written, validateCommand),
      ['tools', pattern, 'arguments', argument],
      complain,
    ),
  );
  const { callsPerRun, callsPerMinute, callsPerDay, argumentBytes } = limits;
  return { pattern, risk, tags, callsPerRun, callsPerMinute, callsPerDay, argumentBytes, constraints };
}

function compileAllowlists(source: PolicySource, readShell: ReadShell | undefined, complain: Complain) {
  const { allowlists = {} } = source;
  return (['commands', 'paths', 'hosts'] as const).flatMap((kind) =>
    (allowlists[kind] ?? []).flatMap((list, index) =>
      compiledOr(compileAllowlist(kind, list, readShell), ['allowlists', kind, index, 'allow'], complain),
    ),
  );
}

function compiledOr<T>(compiled: Compiled<T>, path: readonly PathPart[], complain: Complain): T[] {
  if (compiled.kind === 'compiled') return [compiled.value];
  const { pattern, reason } = compiled;
  complain({
    path,
    found: `the pattern ${quote(pattern)} (${reason})`,
    expected: 'a pattern that can be read',
    remedy: 'correct the pattern',
  });
  return [];
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
function compileGroup(source: NonNullable<PolicySource['groups']>[string]): CompiledGroup {
  const { claims = [], principals = [], roles = [] } = source;
  return { claims: new Set(claims), principals: new Set(principals), roles };
}

function compileGuard(source: GuardSource): GuardVerdicts {
  if ('off' in source) return { kind: 'off', acknowledge: source.acknowledge };
  const { block, acknowledge, ...verdicts } = source;
  const stated = Object.entries(verdicts).flatMap(([severity, effect]) =>
    effect === undefined ? [] : [[severity, effect] as const],
  );
  return { kind: 'verdicts', bySeverity: new Map(stated), block, acknowledge };
}

function compileRequire(source: PolicySource, terms: ReadonlyMap<string, ApprovalTerms>): CompiledPolicy['require'] {
  if (!source.require) return undefined;
  const { approval, terms: name } = source.require;
  return {
    risks: new Set(approval === 'all' ? riskSchema.options : approval),
    terms: name === undefined ? undefined : terms.get(name),
  };
}

function compileLayers({ layers }: PolicySource): CompiledPolicy['layers'] {
  if (!layers) return undefined;
  const teams = new Map(Object.entries(layers.teams ?? {}).map(([team, { agents }]) => [team, agents]));
  return { teams, looseningNeedsTwo: layers.loosening === 'two-people' };
}

function compileLimits({ limits = {} }: PolicySource): CompiledPolicy['limits'] {
  const { runTime, argumentBytes = 1_048_576 } = limits;
  return {
    callsPerRun: limits.callsPerRun,
    callsPerTurn: limits.callsPerTurn,
    callsPerMinute: limits.callsPerMinute,
    callsPerDay: limits.callsPerDay,
    turns: limits.turns,
    runTimeMs: runTime === undefined ? undefined : durationOf(runTime),
    modelTokens: limits.modelTokens,
    modelCost: limits.modelCost,
    concurrentRuns: limits.concurrentRuns,
    argumentBytes,
    refusalsInARow: limits.refusalsInARow,
  };
}
