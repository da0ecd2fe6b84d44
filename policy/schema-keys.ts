/** The keys that a place in a policy may have, read from the schema itself, for the advice in a problem. */
import type { z } from 'zod';
import type { PathPart } from './problems.ts';
import { policySourceSchema } from './schema.ts';

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly innerType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

export function keysAt(path: readonly PathPart[]): readonly string[] {
  let schemas: readonly z.core.$ZodType[] = [policySourceSchema];
  for (const part of path) schemas = schemas.flatMap((schema) => inside(schema, part));
  return [...new Set(schemas.flatMap(keysOf))];
}

function definitionOf(schema: z.core.$ZodType): Definition {
  return schema._zod.def as Definition;
}

function inside(schema: z.core.$ZodType, part: PathPart): z.core.$ZodType[] {
  const { shape, innerType, valueType, element, options } = definitionOf(schema);
  if (innerType) return inside(innerType, part);
  if (options) return options.flatMap((option) => inside(option, part));
  if (shape) return Object.hasOwn(shape, part) ? [shape[part] as z.core.$ZodType] : [];
  const inner = valueType ?? element;
  return inner ? [inner] : [];
}

function keysOf(schema: z.core.$ZodType): string[] {
  const { shape, innerType, options } = definitionOf(schema);
  if (innerType) return keysOf(innerType);
  if (options) return options.flatMap(keysOf);
  return Object.keys(shape ?? {});
}
