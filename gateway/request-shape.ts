/**
 * Whether what was sent has the shape that its route takes, asked for every route here: body, query, headers and path. What is wrong
 * is said by key, with what was expected and what to do; no value is repeated.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { type ShapeProblem, shapeProblems, shapeProblemText } from '../core/shape-problems.ts';

/** Fastify answers it with the status in it, and says which part of the request it is about. */
export class WrongShape extends Error {
  readonly statusCode = 400;
  readonly problems: readonly ShapeProblem[];
  readonly validationContext?: string;

  constructor(problems: readonly ShapeProblem[]) {
    super('the request has another shape');
    this.problems = problems;
  }
}

const partNames: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  headers: 'headers',
  params: 'address',
};

export const requestShapeCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const read = schema.safeParse(data);
    if (read.success) return { value: read.data };
    return { error: new WrongShape(shapeProblems(schema, read.error.issues, data)) };
  };

/** Of a body that its route reads itself: what is wrong with it, in words. */
export function shapeText(schema: z.ZodType, issues: readonly z.core.$ZodIssue[], sent: unknown): string {
  return textOf(shapeProblems(schema, issues, sent), 'body');
}

/** In words, and by key for programs. */
export function shapeWords({ problems, validationContext = 'body' }: WrongShape): {
  detail: string;
  fields: { field: string; problem: string }[];
} {
  const part = partNames[validationContext] ?? 'request';
  const fields = problems.map((one) => ({
    field: one.field === '' ? part : one.field,
    problem: `${one.found}, expected ${one.expected}; ${one.remedy}`,
  }));
  return { detail: `Cannot read the ${part} of this request: ${textOf(problems, part)}`, fields };
}

function textOf(problems: readonly ShapeProblem[], part: string): string {
  return problems.map((one) => shapeProblemText(one, `the ${part}`)).join('; also ');
}
