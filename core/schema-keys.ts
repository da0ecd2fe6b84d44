/** The keys that a place in a value may have, read from its schema itself, for the advice in a problem. It judges nothing. */
import type { z } from 'zod';

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly innerType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  /** Of a schema that transforms: what goes into it. */
  readonly in?: z.core.$ZodType;
}

export function keysAt(root: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  let schemas: readonly z.core.$ZodType[] = [root];
  for (const part of path) schemas = schemas.flatMap((schema) => inside(schema, part));
  return [...new Set(schemas.flatMap(keysOf))];
}

function definitionOf(schema: z.core.$ZodType): Definition {
  return schema._zod.def as Definition;
}

function inside(schema: z.core.$ZodType, part: PropertyKey): z.core.$ZodType[] {
  const { shape, innerType, valueType, element, options, in: before } = definitionOf(schema);
  const wrapped = innerType ?? before;
  if (wrapped) return inside(wrapped, part);
  if (options) return options.flatMap((option) => inside(option, part));
  if (shape) return Object.hasOwn(shape, part) ? [shape[String(part)] as z.core.$ZodType] : [];
  const inner = valueType ?? element;
  return inner ? [inner] : [];
}

function keysOf(schema: z.core.$ZodType): string[] {
  const { shape, innerType, options, in: before } = definitionOf(schema);
  const wrapped = innerType ?? before;
  if (wrapped) return keysOf(wrapped);
  if (options) return options.flatMap(keysOf);
  return Object.keys(shape ?? {});
}
