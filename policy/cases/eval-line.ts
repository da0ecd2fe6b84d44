/**
 * One line of `policy eval --jsonl`: a call in, a verdict out. A line that cannot be read is denied with what is wrong with
 * it, and the next one is read all the same; nothing of a line outlives it.
 */
import { z } from 'zod';
import { parseStrictJson } from '../../core/canonical-json.ts';
import { policyInputSchema } from '../input.ts';
import { decideByLayers, type LayerPolicy } from '../layers.ts';
import { type CallDefaults, callSourceSchema, contextSourceSchema, policyInputOf } from './call-source.ts';
import { pathText, quote } from '../problems.ts';

/** Characters; a longer line is denied unread. */
export const longestLine = 4_194_304;

const idSchema = z.union([z.string(), z.number(), z.null()]);
const wrappedSchema = z.strictObject({
  id: idSchema.optional(),
  call: callSourceSchema,
  context: contextSourceSchema.optional(),
});
const flatSchema = callSourceSchema.extend({ id: idSchema.optional() });

export interface EvaluatedLine {
  /** 1-based. */
  line: number;
  /** As the line says; null where it says none. */
  id: string | number | null;
  verdict: 'allow' | 'ask' | 'deny';
  /** The first rule that decided. */
  rule: string;
  rules: { id: string; effect: 'allow' | 'ask' | 'deny'; reason: string }[];
  risk: string;
  reasons: string[];
  /** For an ask: who, how many, how long. */
  terms: unknown;
  /** Layers whose verdict holds. */
  layers: string[];
  /** What is wrong with the line; null where nothing is. */
  error: string | null;
}

/** Never throws. */
export function evaluateLine(
  layers: readonly LayerPolicy[],
  text: string,
  line: number,
  defaults: CallDefaults,
): EvaluatedLine {
  try {
    const read = readLine(text);
    if ('error' in read) return refused(line, read.id, read.error);
    const input = policyInputOf(read.call, defaults);
    const shaped = policyInputSchema.safeParse(input);
    if (!shaped.success) return refused(line, read.id, problemsOf(shaped.error));
    const { verdict, deciding } = decideByLayers(layers, input);
    const deciders = verdict.rules.filter(({ effect }) => effect === verdict.verdict);
    return {
      line,
      id: read.id,
      verdict: verdict.verdict,
      rule: (deciders[0] ?? verdict.rules[0])?.id ?? 'policy-fault',
      rules: verdict.rules,
      risk: verdict.risk,
      reasons: verdict.reasons,
      terms: verdict.terms ?? null,
      layers: [...deciding],
      error: null,
    };
  } catch {
    return refused(line, null, 'the line cannot be evaluated');
  }
}

type Id = string | number | null;
type Read = { id: Id; call: z.infer<typeof callSourceSchema> } | { id: Id; error: string };

function readLine(text: string): Read {
  if (text.length > longestLine) return { id: null, error: `longer than ${longestLine} characters` };
  // As strict as the gate with a model's arguments: what two readers can read differently is refused.
  const json = parseStrictJson(text);
  if (json.kind === 'refused') return { id: null, error: json.reason };
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { id: null, error: 'not a JSON object' };
  }
  const id = idSchema.safeParse((value as Record<string, unknown>)['id']).data ?? null;
  if ('call' in value) {
    const parsed = wrappedSchema.safeParse(value);
    if (!parsed.success) return { id, error: problemsOf(parsed.error) };
    return { id, call: { ...parsed.data.context, ...parsed.data.call } };
  }
  const parsed = flatSchema.safeParse(value);
  if (!parsed.success) return { id, error: problemsOf(parsed.error) };
  const { id: _, ...call } = parsed.data;
  return { id, call };
}

function problemsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => {
      if (issue.code === 'unrecognized_keys') return `unknown key ${issue.keys.map(quote).join(', ')}`;
      const path = pathText(issue.path.map((part) => (typeof part === 'number' ? part : String(part))));
      return `${path || 'the line'}: ${issue.message}`;
    })
    .join('; ');
}

/** A line that was not even read. */
export function refusedLine(line: number, error: string): EvaluatedLine {
  return refused(line, null, error);
}

function refused(line: number, id: Id, error: string): EvaluatedLine {
  const reason = 'The call does not have the shape that a policy can judge';
  return {
    line,
    id,
    verdict: 'deny',
    rule: 'input-invalid',
    rules: [{ id: 'input-invalid', effect: 'deny', reason }],
    risk: 'critical',
    reasons: [reason],
    terms: null,
    layers: [],
    error,
  };
}
