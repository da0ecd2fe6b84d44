/** The same as a pack folder, written in code: for programs that embed Countersign. Checked as strictly, all at once. */
import { digestJson } from '../core/digest.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Guard } from '../guards/index.ts';
import type { Tool } from '../tools/define-tool.ts';
import { agentFileSchema, type AgentFileInput } from './agent-file.ts';
import { type AgentPack, assemblePack } from './agent-pack.ts';
import { selectTools } from './load-tools.ts';
import { guardIds, readOwnGuards } from './own-guards.ts';
import { packInvalid, type PackProblem, wholeFile } from './pack-problem.ts';

export interface AgentSource extends Omit<AgentFileInput, 'tools'> {
  tools: readonly Tool[];
  /** Behind the built-in ones, in this order. @default [] */
  guards?: readonly Guard[];
  /** Text of a policy, YAML. There is no default: no policy, no agent. */
  policy: string;
  /**
   * Digest of the code that the tools come from, such as of a build. Absent: of the functions' own source text, which does
   * not see what they call.
   */
  moduleDigest?: string;
}

/** @throws {CountersignError} `pack-invalid` */
export function defineAgent({
  tools,
  guards = [],
  policy: policyText,
  moduleDigest,
  ...source
}: AgentSource): AgentPack {
  const names = tools.map((tool) => tool.name);
  const parsed = agentFileSchema.safeParse({ ...source, tools: names });
  const read = { tools: [...tools], moduleDigest: moduleDigest ?? sourceDigest(tools) };
  const selected = selectTools(names, read, (_, found, expected, remedy) =>
    wholeFile('tools', found, expected, remedy),
  );
  const known = selected.kind === 'registry' ? selected.registry.list().map(({ definition }) => definition) : [];
  const own = readOwnGuards('guards', guards);
  const policy = loadPolicy(policyText, 'policy', { tools: known, guards: guardIds(own.guards) });
  if (parsed.success && policy.kind === 'policy' && selected.kind === 'registry' && own.problems.length === 0) {
    const parts = {
      agent: parsed.data,
      policyText,
      policy: policy.policy,
      tools: selected.registry,
      guards: own.guards,
    };
    return assemblePack({ folder: null, ...parts });
  }
  const problems: PackProblem[] = [
    ...(parsed.success
      ? []
      : parsed.error.issues.map((issue) =>
          wholeFile(`agent.${issue.path.join('.')}`, 'another value', issue.message, 'correct it'),
        )),
    ...(policy.kind === 'invalid' ? policy.problems : []),
    ...(selected.kind === 'invalid' ? selected.problems : []),
    ...own.problems,
  ];
  throw packInvalid(String(source.name), problems);
}

function sourceDigest(tools: readonly Tool[]): string {
  const sourceByName = Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      Object.values(tool).map((value: unknown) => (typeof value === 'function' ? String(value) : null)),
    ]),
  );
  return digestJson('body', sourceByName);
}
