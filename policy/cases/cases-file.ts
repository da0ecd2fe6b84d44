/**
 * Reads a file of cases: calls and the verdicts that a policy must give them. As strict as a policy's file, with the same
 * form of problems; it never runs a case that it could not read.
 */
import { z } from 'zod';
import { riskSchema } from '../../core/contracts/labels.ts';
import { type PathPart, type PolicyProblem, problemAt, describeValue, quote } from '../problems.ts';
import { effects } from '../schema-words.ts';
import { suggest } from '../../core/suggest.ts';
import { readPolicyDocument } from '../yaml-document.ts';
import { expectedBy, remedyFor } from '../zod-problems.ts';
import { type CallSource, callSourceSchema, contextSourceSchema } from './call-source.ts';

export const caseSourceSchema = z.strictObject({
  name: z.string().min(1).max(200).optional().describe('Absent: the tool and the verdict'),
  call: callSourceSchema,
  context: contextSourceSchema.optional().describe('What is around the call, apart from it'),
  verdict: z.enum(effects),
  rule: z.string().min(1).optional().describe('A rule that must be among those that matched'),
  risk: riskSchema.optional(),
  terms: z.string().optional().describe('Name of the terms that are asked under'),
  quorum: z.int().min(1).optional(),
  deadlineMs: z.int().min(1).optional(),
});
export const casesSourceSchema = z.union([
  z.array(caseSourceSchema),
  z.strictObject({ defaults: contextSourceSchema.optional(), cases: z.array(caseSourceSchema) }),
]);

export interface PolicyCase extends Omit<z.infer<typeof caseSourceSchema>, 'name' | 'context'> {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}
export type CasesRead = { kind: 'cases'; cases: PolicyCase[] } | { kind: 'invalid'; problems: PolicyProblem[] };

/** @param file named in problems and results, never opened */
export function readCases(text: string, file: string): CasesRead {
  const read = readPolicyDocument(text, file);
  if (read.kind === 'invalid') return read;
  const { document } = read;
  const { value } = document;
  const schema = Array.isArray(value) ? casesSourceSchema.options[0] : casesSourceSchema.options[1];
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOfIssue(issue, value));
    return { kind: 'invalid', problems: problems.map((one) => problemAt(file, document.locate(one), one)) };
  }
  const { defaults = {}, cases } = Array.isArray(parsed.data) ? { cases: parsed.data } : parsed.data;
  const prefix = Array.isArray(parsed.data) ? [] : ['cases'];
  return {
    kind: 'cases',
    cases: cases.map(({ name, context, ...one }, index) => {
      const call: CallSource = { ...defaults, ...context, ...one.call };
      const place = document.locate({ path: [...prefix, index], found: '', expected: '', remedy: '' });
      return { ...one, call, name: name ?? `${call.tool} ${one.verdict}`, file, line: place.line };
    }),
  };
}

function problemsOfIssue(issue: z.core.$ZodIssue, root: unknown) {
  const path = issue.path.map((part): PathPart => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    const known = [...Object.keys(caseSourceSchema.shape), ...Object.keys(callSourceSchema.shape), 'cases', 'defaults'];
    return issue.keys.map((key) => ({
      path: [...path, key],
      atKey: true,
      found: `the key ${quote(key)}`,
      expected: 'a key of a case or a call',
      remedy: suggest(key, known, 'delete it; see docs/policy.md, "Cases"'),
    }));
  }
  const value = path.reduce<unknown>(
    (holder, part) =>
      typeof holder === 'object' && holder !== null ? (holder as Record<PathPart, unknown>)[part] : undefined,
    root,
  );
  const found = value === undefined ? `no key ${quote(String(path.at(-1) ?? ''))}` : describeValue(value);
  const at = value === undefined ? path.slice(0, -1) : path;
  const see = 'correct it; see docs/policy.md, "Cases"';
  return [{ path: at, found, expected: expectedBy(issue), remedy: remedyFor(issue, value, see) }];
}
