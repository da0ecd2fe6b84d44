/**
 * Loads an agent pack from its folder: agent.yaml, policy.yaml, tools.ts. It promises all problems at once, each with its
 * place; it never falls back to a default where a file does not parse.
 */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { requireNode24 } from '../core/needed-node.ts';
import type { Guard } from '../guards/index.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import { loadPolicy } from '../policy/load.ts';
import type { ToolRegistry } from '../tools/registry.ts';
import { type AgentPack, assemblePack } from './agent-pack.ts';
import { readTools, selectTools } from './load-tools.ts';
import { formatPackProblem, packInvalid, type PackProblem, wholeFile } from './pack-problem.ts';
import { guardIds } from './own-guards.ts';
import { type AgentFileRead, readAgentFile } from './read-agent-file.ts';

export { type AgentPack, publishPack } from './agent-pack.ts';
export { formatPackProblem, type PackProblem };

export type PackRead = { kind: 'pack'; pack: AgentPack } | { kind: 'invalid'; problems: PackProblem[] };

/** @throws {CountersignError} `pack-invalid` with every problem on a line of its own; `config-invalid` below Node.js 24 */
export async function loadPack(folder: string): Promise<AgentPack> {
  requireNode24(process.versions.node, 'load an agent pack');
  const read = await readPack(folder);
  if (read.kind === 'pack') return read.pack;
  throw packInvalid(basename(resolve(folder)), read.problems);
}

/** The same as a value, for whoever prints problems. */
export async function readPack(folder: string): Promise<PackRead> {
  const agent = await readPart(folder, 'agent.yaml', 'a file that says what the agent is', readAgentFile);
  // What is no pack is not read as one: every other problem would follow from this one.
  if (agent.kind === 'missing') return { kind: 'invalid', problems: agent.problems };
  const policy = await readPart(folder, 'policy.yaml', 'a policy', readPolicy);
  const tools = await readTools(folder).catch(() => ({
    kind: 'invalid' as const,
    problems: [wholeFile('tools.ts', 'a folder that cannot be read', 'an agent pack', 'check its path')],
  }));
  if (tools.kind === 'tools' && tools.file === null && agent.kind === 'agent' && agent.agent.tools.length > 0) {
    const expected = `code that exports ${agent.agent.tools.slice(0, 5).join(', ')}`;
    const missing = wholeFile(
      'tools.ts',
      'no such file',
      expected,
      'write it, or empty the list "tools" of agent.yaml',
    );
    return { kind: 'invalid', problems: [...(policy.kind === 'policy' ? [] : policy.problems), missing] };
  }
  const selected =
    agent.kind === 'agent' && tools.kind === 'tools'
      ? selectTools(agent.agent.tools, tools, (index, found, expected, remedy) => {
          return { file: 'agent.yaml', ...agent.placeOfTool(index), found, expected, remedy };
        })
      : undefined;
  const guards = tools.kind === 'tools' ? tools.guards : [];
  const mistyped =
    policy.kind === 'policy' && selected?.kind === 'registry'
      ? againstPack(policy.text, selected.registry, guards)
      : [];
  if (agent.kind === 'agent' && policy.kind === 'policy' && selected?.kind === 'registry' && mistyped.length === 0) {
    const parts = {
      agent: agent.agent,
      policyText: policy.text,
      policy: policy.policy,
      tools: selected.registry,
      guards,
    };
    return { kind: 'pack', pack: assemblePack({ folder: resolve(folder), ...parts }) };
  }
  const problems = [agent, policy, tools, selected].flatMap((part) =>
    part && 'problems' in part ? part.problems : [],
  );
  return { kind: 'invalid', problems: [...problems, ...mistyped] };
}

/** With the pack known, conditions are checked against the arguments that its tools take, and guards by their names. */
function againstPack(text: string, tools: ToolRegistry, guards: readonly Guard[]): PackProblem[] {
  const definitions = tools.list().map(({ definition }) => definition);
  const loaded = loadPolicy(text, 'policy.yaml', { tools: definitions, guards: guardIds(guards) });
  return loaded.kind === 'policy' ? [] : loaded.problems.map(({ path: _, message: __, ...problem }) => problem);
}

type PolicyRead =
  | { kind: 'policy'; policy: CompiledPolicy; text: string }
  | { kind: 'invalid'; problems: PackProblem[] };

function readPolicy(text: string, file: string): PolicyRead {
  const loaded = loadPolicy(text, file);
  if (loaded.kind === 'policy') return { kind: 'policy', policy: loaded.policy, text };
  return { kind: 'invalid', problems: loaded.problems.map(({ path: _, message: __, ...problem }) => problem) };
}

async function readPart<T extends AgentFileRead | PolicyRead>(
  folder: string,
  file: string,
  expected: string,
  read: (text: string, file: string) => T,
): Promise<T | { kind: 'invalid' | 'missing'; problems: PackProblem[] }> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(folder, file));
  } catch {
    return {
      kind: 'missing',
      problems: [wholeFile(file, 'no such file', expected, 'run "countersign init" for a first one')],
    };
  }
  try {
    return read(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), file);
  } catch {
    return {
      kind: 'invalid',
      problems: [wholeFile(file, 'bytes that are not UTF-8', 'text in UTF-8', 'save it as UTF-8')],
    };
  }
}
