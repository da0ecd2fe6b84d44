/** Reads `agent.yaml` by the same strict YAML as policies, and says of everything that is wrong where it stands. */
import type { z } from 'zod';
import { describeValue } from '../policy/problems.ts';
import { suggest } from '../core/suggest.ts';
import { type PolicyDocument, readPolicyDocument } from '../policy/yaml-document.ts';
import { type AgentFile, agentFileSchema } from './agent-file.ts';
import type { PackProblem } from './pack-problem.ts';

export type AgentFileRead =
  | { kind: 'agent'; agent: AgentFile; placeOfTool(index: number): Pick<PackProblem, 'line' | 'column'> }
  | { kind: 'invalid'; problems: PackProblem[] };

export function readAgentFile(text: string, file: string): AgentFileRead {
  const read = readPolicyDocument(text, file);
  if (read.kind === 'invalid')
    return { kind: 'invalid', problems: read.problems.map(({ path: _, message: __, ...problem }) => problem) };
  const { document } = read;
  const parsed = agentFileSchema.safeParse(document.value);
  if (!parsed.success) {
    return { kind: 'invalid', problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, document, file)) };
  }
  return { kind: 'agent', agent: parsed.data, placeOfTool: (index) => document.locate(at(['tools', index])) };
}

const at = (path: (string | number)[], atKey = false) => ({ path, atKey, found: '', expected: '', remedy: '' });

function problemsOf(issue: z.core.$ZodIssue, document: PolicyDocument, file: string): PackProblem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    return issue.keys.map((key) => ({
      file,
      ...document.locate(at([...path, key], true)),
      found: `the key "${key.slice(0, 60)}"`,
      expected: `one of ${known.join(', ')}`,
      remedy: suggest(key, known, 'delete it'),
    }));
  }
  const { present, value } = valueAt(document.value, path);
  const place = document.locate(at(path));
  const name = path.join('.') || 'the file';
  if (!present)
    return [
      { file, ...place, found: `no "${name}"`, expected: issue.message, remedy: `add "${String(path.at(-1))}:"` },
    ];
  return [
    {
      file,
      ...place,
      found: `${describeValue(value)} in "${name}"`,
      expected: issue.message,
      remedy: 'correct the value',
    },
  ];
}

function knownKeys(path: readonly (string | number)[]): string[] {
  const { shape } = agentFileSchema;
  if (path[0] === 'model') return Object.keys(shape.model.shape);
  if (path[0] === 'limits') return Object.keys(shape.limits.unwrap().shape);
  return Object.keys(shape);
}

function valueAt(root: unknown, path: readonly (string | number)[]): { present: boolean; value: unknown } {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return { present: false, value: undefined };
    value = (value as Record<string | number, unknown>)[part];
  }
  return { present: true, value };
}
