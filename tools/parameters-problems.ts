/**
 * Refuses parameter schemas that would let a tool run something else than what was shown and approved: anything that
 * changes a value on its way (transform, pipe, coercion, trimming, catch), drops a key, or is not plain JSON.
 * It reads the schema only; `core/arguments-parser.ts` checks each parsed value besides.
 */
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.ts';

type AnySchema = z.core.$ZodType;
/** The parts of a zod definition that this walk reads. */
interface Definition {
  type: string;
  coerce?: boolean;
  normalize?: boolean;
  checks?: { _zod: { def: { check: string; normalize?: boolean } } }[];
  shape?: Record<string, AnySchema>;
  catchall?: AnySchema;
  element?: AnySchema;
  items?: AnySchema[];
  rest?: AnySchema | null;
  options?: AnySchema[];
  keyType?: AnySchema;
  valueType?: AnySchema;
  innerType?: AnySchema;
  getter?: () => AnySchema;
  readonly defaultValue?: unknown;
}

const leaves = new Set(['string', 'number', 'boolean', 'null', 'literal', 'enum', 'template_literal', 'never']);
const wrappers = new Set(['optional', 'nullable', 'nonoptional', 'readonly', 'default']);

/** Empty when the schema may be used. Each problem names its place, what is there and what to write instead. */
export function parametersProblems(parameters: AnySchema): string[] {
  const problems: string[] = [];
  if (definitionOf(parameters).type !== 'object') return ['parameters: not an object; write z.strictObject({ … })'];
  walk(parameters, 'parameters', new Set(), (place, problem) => problems.push(`${place}: ${problem}`));
  if (problems.length > 0) return problems;
  try {
    canonicalJson(z.toJSONSchema(parameters, { io: 'input' }));
  } catch {
    problems.push('parameters: no JSON Schema can say it; use JSON types only');
  }
  return problems;
}

type Report = (place: string, problem: string) => void;

function walk(schema: AnySchema, place: string, seen: Set<AnySchema>, report: Report): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  const definition = definitionOf(schema);
  const next = (inner: AnySchema | null | undefined, at: string): void => {
    if (inner) walk(inner, at, seen, report);
  };
  reportChanges(definition, place, report);
  if (leaves.has(definition.type)) return;
  if (wrappers.has(definition.type)) {
    if (definition.type === 'default') reportDefault(definition, place, report);
    return next(definition.innerType, place);
  }
  switch (definition.type) {
    case 'object':
      if (!definition.catchall || definitionOf(definition.catchall).type !== 'never') {
        report(place, 'unknown keys are not refused; write z.strictObject, or z.record for free keys');
      }
      for (const [key, inner] of Object.entries(definition.shape ?? {})) {
        if (key === '__proto__' || key === 'constructor' || key === 'prototype')
          report(`${place}.${key}`, 'reserved; rename it');
        next(inner, `${place}.${key}`);
      }
      return;
    case 'array':
      return next(definition.element, `${place}[]`);
    case 'tuple':
      for (const [index, item] of (definition.items ?? []).entries()) next(item, `${place}[${index}]`);
      return next(definition.rest, `${place}[]`);
    case 'record':
      next(definition.keyType, `${place} (keys)`);
      return next(definition.valueType, `${place}.*`);
    case 'union':
      for (const [index, option] of (definition.options ?? []).entries()) next(option, `${place}|${index}`);
      return;
    case 'lazy':
      return next(definition.getter?.(), place);
    default:
      report(place, `z.${definition.type} may change a value or is not JSON; describe the value as it is sent`);
  }
}

function reportChanges(definition: Definition, place: string, report: Report): void {
  if (definition.coerce) report(place, 'z.coerce changes the value; use the plain type');
  const normalises = definition.normalize || definition.checks?.some(({ _zod: { def } }) => def.normalize);
  if (normalises) report(place, '"normalize" changes the value; leave it out');
  if (definition.checks?.some(({ _zod: { def } }) => def.check === 'overwrite')) {
    report(place, 'trim, case change or overwrite changes the value; do that in execute');
  }
}

/** A default must be a constant that fits: it becomes part of what is approved. */
function reportDefault(definition: Definition, place: string, report: Report): void {
  try {
    const text = canonicalJson(definition.defaultValue);
    if (text !== canonicalJson(definition.defaultValue)) report(place, 'the default is not constant; write a value');
    const fits = definition.innerType && z.safeParse(definition.innerType, JSON.parse(text)).success;
    if (!fits) report(place, 'the default does not fit the schema; correct one of them');
  } catch {
    report(place, 'the default is not JSON; write a JSON value');
  }
}

function definitionOf(schema: AnySchema): Definition {
  return schema._zod.def as unknown as Definition;
}
