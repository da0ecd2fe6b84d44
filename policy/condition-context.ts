/**
 * The variables of a condition, from a call: JSON objects become maps (no prototype to reach for), whole numbers become
 * integers of CEL. Values that JSON cannot hold are refused.
 */
import type { Risk } from '../core/contracts/labels.ts';
import { isPlainObject, type PolicyInput } from './input.ts';
import { tokensOf } from './usage.ts';

const deepest = 64;
const mostValues = 200_000;

/** What the policy makes of a call, beside what the call says itself. */
export interface DerivedFacts {
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly risk: Risk;
  readonly tags: readonly string[];
  /** By argument. */
  readonly argumentLabels: ReadonlyMap<string, readonly string[]>;
  readonly cost: number;
}

/** @throws {RangeError} for arguments that are not JSON, too deep or too many. */
export function conditionContext(input: PolicyInput, facts: DerivedFacts): Readonly<Record<string, unknown>> {
  const count = { left: mostValues };
  const { run } = input;
  return {
    principal: { id: input.principal.id, roles: [...facts.roles], groups: [...facts.groups] },
    onBehalfOf: input.onBehalfOf ?? '',
    tool: { name: input.tool.name, effect: input.tool.effect, risk: facts.risk, tags: [...facts.tags] },
    args: toCel(input.args, 0, count),
    run: {
      agent: run.agent,
      turn: BigInt(run.turn),
      calls: BigInt(run.calls),
      callsInTurn: BigInt(run.callsInTurn),
      callsByTool: callsByTool(input),
      ageSeconds: BigInt(Math.floor((run.ageMs ?? 0) / 1000)),
      tokens: BigInt(tokensOf(run.usage ?? [])),
      cost: facts.cost,
      depth: BigInt(run.depth ?? 0),
      dryRun: run.dryRun,
      epoch: BigInt(run.epoch),
      deniedTools: [...(run.deniedTools ?? [])],
    },
    environment: input.environment,
    labels: {
      context: [...input.labels],
      args: new Map([...facts.argumentLabels].map(([name, labels]) => [name, [...labels]])),
    },
    findings: input.findings.map(({ guard, rule = '', severity }) => ({ guard, rule, severity })),
    target: { known: input.target !== undefined, state: toCel(input.target?.state ?? null, 0, count) },
    denials: BigInt(input.denials),
    now: BigInt(input.now),
  };
}

/** The call's own tool is always there; another one that was not called is not. */
function callsByTool({ run, tool }: PolicyInput): Map<string, bigint> {
  const calls = { [tool.name]: 0, ...run.callsByTool };
  return new Map(Object.entries(calls).map(([name, number]) => [name, BigInt(number)]));
}

function toCel(value: unknown, depth: number, count: { left: number }): unknown {
  count.left -= 1;
  if (depth > deepest || count.left < 0) throw new RangeError('the arguments are too deep or too many');
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return toNumber(value);
  if (Array.isArray(value)) return value.map((item) => toCel(item, depth + 1, count));
  if (!isPlainObject(value)) throw new RangeError('the arguments are not JSON');
  const map = new Map<string, unknown>();
  for (const [key, inner] of Object.entries(value)) map.set(key, toCel(inner, depth + 1, count));
  return map;
}

function toNumber(value: number): number | bigint {
  if (!Number.isInteger(value)) return value;
  if (!Number.isSafeInteger(value)) throw new RangeError('a whole number is beyond 2^53');
  return BigInt(value);
}
