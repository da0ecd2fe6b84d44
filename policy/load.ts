/**
 * Loads a policy: text in, a compiled policy or everything that is wrong with it out. It never throws, and it never
 * answers a policy that does not parse with another one.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import type { ToolDefinition } from '../core/contracts/tool.ts';
import { compilePolicy } from './compile.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { argumentTypes } from './condition-types.ts';
import type { ReadShell, ValidateCommand } from './functions/shell-facts.ts';
import { withPlaceholders } from './placeholders.ts';
import { type Complaint, type PathPart, type PolicyProblem, type Position, problemAt } from './problems.ts';
import { referenceComplaints } from './references.ts';
import { type PolicySource, policySourceSchema } from './schema.ts';
import { unknownGuardComplaints } from './unknown-guards.ts';
import { readPolicyDocument } from './yaml-document.ts';
import { complaintsOf } from './zod-problems.ts';

export type LoadedPolicy =
  | {
      kind: 'policy';
      policy: CompiledPolicy;
      source: PolicySource;
      /** Canonical JSON of the policy as written; it is itself a policy file and loads to the same. */
      digestBytes: string;
      /** Where a piece of it stands, 1-based. */
      locate: (path: readonly PathPart[]) => Position;
    }
  | { kind: 'invalid'; problems: PolicyProblem[] };

export interface LoadOptions {
  /** Where the tools are known, conditions are checked against their arguments. */
  readonly tools?: readonly Pick<ToolDefinition, 'name' | 'parameters'>[];
  /** Ids of the guards there are; absent: not known, and any may be named. */
  readonly guards?: readonly string[];
  /** The shell classifier; absent: whatever asks about a shell command denies. */
  readonly readShell?: ReadShell;
  /** The strict validator; absent: what must be a strict command is refused. */
  readonly validateCommand?: ValidateCommand;
}

const mostProblems = 200;

const emptyFile: Complaint = {
  path: [],
  found: 'nothing',
  expected: 'a policy with "version" and "rules"',
  remedy: 'write "version: 1" and "rules: []", which denies every call, or copy one of the cookbook',
};

/** @param file named in problems, never opened. */
export function loadPolicy(text: string, file: string, options: LoadOptions = {}): LoadedPolicy {
  try {
    return load(text, file, options);
  } catch {
    const complaint = { path: [], found: 'a policy that cannot be read', expected: 'a policy', remedy: 'simplify it' };
    return { kind: 'invalid', problems: [problemAt(file, { line: 1, column: 1 }, complaint)] };
  }
}

function load(text: string, file: string, options: LoadOptions): LoadedPolicy {
  const { tools = [], guards, readShell, validateCommand } = options;
  const read = readPolicyDocument(text, file);
  const unread = read.kind === 'invalid' ? read.problems : [];
  if (!read.document) return { kind: 'invalid', problems: unread };
  const document = read.document;
  if (document.value === null) return invalid([emptyFile]);
  const parsed = policySourceSchema.safeParse(document.value);
  const source = parsed.success ? parsed.data : withPlaceholders(document.value, parsed.error.issues);
  const wrongShape = parsed.success ? [] : complaintsOf(parsed.error.issues, document.value);
  if (!source) return invalid(wrongShape);

  const types = tools.flatMap((tool) => argumentTypes(tool.name, tool.parameters) ?? []);
  const { policy, complaints } = compilePolicy(source, { types, readShell, validateCommand });
  const all = [...wrongShape, ...referenceComplaints(source), ...unknownGuardComplaints(source, guards), ...complaints];
  if (!parsed.success || all.length > 0 || unread.length > 0) return invalid(all);
  const locate = (path: readonly PathPart[]): Position =>
    document.locate({ path, found: '', expected: '', remedy: '' });
  return { kind: 'policy', policy, source: parsed.data, digestBytes: canonicalJson(parsed.data), locate };

  function invalid(found: readonly Complaint[]): LoadedPolicy {
    const problems = found.map((complaint) => problemAt(file, document.locate(complaint), complaint));
    const sorted = [...unread, ...problems].toSorted((a, b) => a.line - b.line || a.column - b.column);
    return { kind: 'invalid', problems: sorted.slice(0, mostProblems) };
  }
}
