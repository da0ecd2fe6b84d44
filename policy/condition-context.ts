/**
 * The variables of a condition, from a call: JSON objects become maps (no prototype to reach for), whole numbers become
 * integers of CEL. Values that JSON cannot hold are refused.
 */
import { isPlainObject, type PolicyInput } from './input.ts';
import type { Risk } from '../core/contracts/labels.ts';

const deepest = 64;
const mostValues = 200_000;

/** @throws {RangeError} for arguments that are not JSON, too deep or too many. */
export function conditionContext(
  input: PolicyInput,
  roles: readonly string[],
  risk: Risk,
): Readonly<Record<string, unknown>> {
  const count = { left: mostValues };
  return {
    principal: { id: input.principal.id, roles: [...roles] },
    onBehalfOf: input.onBehalfOf ?? '',
    tool: { name: input.tool.name, effect: input.tool.effect, risk, tags: [...input.tool.tags] },
    args: toCel(input.args, 0, count),
    run: {
      agent: input.run.agent,
      turn: BigInt(input.run.turn),
      calls: BigInt(input.run.calls),
      callsInTurn: BigInt(input.run.callsInTurn),
      dryRun: input.run.dryRun,
      epoch: BigInt(input.run.epoch),
    },
    environment: input.environment,
    labels: [...input.labels],
    findings: input.findings.map(({ guard, severity }) => ({ guard, severity })),
    denials: BigInt(input.denials),
    now: BigInt(input.now),
  };
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
