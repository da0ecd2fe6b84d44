import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CountersignError } from '../../../core/errors.ts';
import { defineTool } from '../../../tools/define-tool.ts';
import { isToolFailure, ToolFailure } from '../../../tools/tool-failure.ts';

const base = { name: 'read_logs', description: 'Reads', effect: 'read' as const, execute: () => 'x' };
const problemOf = (define: () => unknown): string => {
  try {
    define();
  } catch (error) {
    expect(error).toBeInstanceOf(CountersignError);
    return error instanceof CountersignError ? `${error.code}: ${error.message}` : '';
  }
  return 'accepted';
};

describe('defineTool', () => {
  test('fills the defaults of the safe side', () => {
    const tool = defineTool({ ...base, parameters: z.strictObject({}) });
    expect(tool).toMatchObject({ resultLabels: [], startToCloseMs: 60_000, votesDemanded: 0, risk: null });
    expect(Object.isFrozen(tool)).toBe(true);
  });

  test('refuses to say that what it gives back is the operator’s', () => {
    const source = { ...base, parameters: z.strictObject({}), resultLabels: ['secret', 'operator'] };
    // @ts-expect-error: a pack need not be checked by a compiler
    expect(problemOf(() => defineTool(source))).toMatch(/resultLabels\.1: .*expected one of "untrusted"\|"secret"/);
  });

  test('refuses unknown keys and bad names, all at once', () => {
    const source = { ...base, name: 'Read-Logs', efect: 'read', parameters: z.strictObject({}) };
    expect(problemOf(() => defineTool(source))).toMatch(/^pack-invalid: .*efect.*/);
    expect(problemOf(() => defineTool(source))).toContain('name:');
  });

  test.each<[string, z.ZodObject]>([
    ['a transform', z.strictObject({ a: z.string().transform((text) => text.trim()) })],
    ['a pipe', z.strictObject({ a: z.string().pipe(z.string()) })],
    ['a preprocess', z.strictObject({ a: z.preprocess((value) => value, z.string()) })],
    ['coercion', z.strictObject({ a: z.coerce.number() })],
    ['trimming', z.strictObject({ a: z.string().trim() })],
    ['a change of case', z.strictObject({ a: z.string().toLowerCase() })],
    ['an overwrite', z.strictObject({ a: z.number().overwrite((value) => value + 1) })],
    ['a catch', z.strictObject({ a: z.string().catch('x') })],
    ['a codec', z.strictObject({ a: z.stringbool() })],
    ['URL normalisation', z.strictObject({ a: z.url({ normalize: true }) })],
    ['a date', z.strictObject({ a: z.date() })],
    ['anything', z.strictObject({ a: z.any() })],
    ['a custom type', z.strictObject({ a: z.custom<string>() })],
    ['an intersection', z.strictObject({ a: z.intersection(z.strictObject({}), z.strictObject({})) })],
    ['an object that drops keys', z.object({ a: z.string() })],
    ['an object that takes any key', z.looseObject({ a: z.string() })],
    ['an inner object that drops keys', z.strictObject({ a: z.array(z.object({ b: z.string() })) })],
    ['a transform inside a union', z.strictObject({ a: z.union([z.null(), z.string().trim()]) })],
    ['a transform inside a tuple', z.strictObject({ a: z.tuple([z.string()], z.string().trim()) })],
    ['a transform inside a record', z.strictObject({ a: z.record(z.string(), z.string().trim()) })],
    ['a transform of a record key', z.strictObject({ a: z.record(z.string().trim(), z.string()) })],
    ['a transform behind a lazy', z.strictObject({ a: z.lazy(() => z.string().trim()) })],
    ['a default that changes', z.strictObject({ a: z.string().default(() => String(Math.random())) })],
    ['a default that does not fit', z.strictObject({ a: z.string().min(3).default('x') })],
    ['a bigint literal', z.strictObject({ a: z.literal(1n) })],
    ['a reserved key', z.strictObject({ constructor: z.string() })],
  ])('refuses parameters with %s', (_, parameters) => {
    expect(problemOf(() => defineTool({ ...base, parameters }))).toMatch(
      /^pack-invalid: Cannot define tool "read_logs"/,
    );
  });

  test('refuses parameters that are no object', () => {
    const parameters = z.string() as unknown as z.ZodObject;
    expect(problemOf(() => defineTool({ ...base, parameters }))).toContain('write z.strictObject');
  });

  test('takes nested, recursive, optional and constant-default parameters', () => {
    const node = z.strictObject({
      name: z
        .string()
        .min(1)
        .regex(/^[a-z]+$/),
      get children() {
        return z.array(node).optional();
      },
    });
    const parameters = z.strictObject({
      node,
      kind: z.discriminatedUnion('k', [
        z.strictObject({ k: z.literal('a') }),
        z.strictObject({ k: z.literal('b'), n: z.int() }),
      ]),
      lines: z.int().min(1).max(10).default(5),
      free: z.record(z.string(), z.union([z.string(), z.null()])).nullable(),
      note: z
        .string()
        .refine((text) => text !== 'no')
        .optional(),
    });
    expect(problemOf(() => defineTool({ ...base, parameters }))).toBe('accepted');
  });
});

describe('ToolFailure', () => {
  test('is told from an error that only looks like it', () => {
    const lookalike = Object.assign(new Error('x'), { name: 'ToolFailure' });
    expect([isToolFailure(new ToolFailure('x')), isToolFailure(lookalike), isToolFailure('x')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
