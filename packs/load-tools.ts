/**
 * Loads a pack's `tools.ts` (or `.js`) and makes the registry of the tools that `agent.yaml` names; the others stay out of
 * it. Loading runs the pack's code: a pack is trusted like the program itself.
 */
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pathExists } from './path-exists.ts';
import { messageOf } from '../core/errors.ts';
import type { Guard } from '../guards/index.ts';
import { checkTool, type Tool } from '../tools/define-tool.ts';
import { createToolRegistry, type ToolRegistry } from '../tools/registry.ts';
import { loadAsModules } from './es-modules.ts';
import { guardImport } from './guard-import.ts';
import { moduleDigestOf } from './module-digest.ts';
import { readOwnGuards } from './own-guards.ts';
import { packInvalid, type PackProblem, wholeFile } from './pack-problem.ts';
import { placeOfError } from './place-of-error.ts';

export type ToolsRead =
  /** `file` is null where the folder has none. */
  | { kind: 'tools'; file: string | null; tools: Tool[]; guards: Guard[]; moduleDigest: string }
  | { kind: 'invalid'; problems: PackProblem[] };

/** Node keeps modules: what this process runs is what it loaded first. */
const loadedDigests = new Map<string, string>();

export async function readTools(folder: string): Promise<ToolsRead> {
  const modules = await moduleDigestOf(folder);
  if (modules.kind === 'invalid') return modules;
  const file = await toolsFile(folder);
  if (!file) return { kind: 'tools', file: null, tools: [], guards: [], moduleDigest: modules.digest };
  const first = loadedDigests.get(resolve(folder));
  if (first !== undefined && first !== modules.digest) {
    return invalid(
      file,
      'code that changed since this process loaded it',
      'the code as it runs',
      'restart the process',
    );
  }
  try {
    loadAsModules(resolve(folder));
    const url = pathToFileURL(join(folder, file)).href;
    const module = await guardImport(
      async () => (await import(url)) as { default?: unknown; tools?: unknown; guards?: unknown },
      (found) => packInvalid(basename(resolve(folder)), [wholeFile(file, found, 'code that loads', 'correct it')]),
    );
    loadedDigests.set(resolve(folder), modules.digest);
    const exported = module.tools ?? module.default;
    if (!Array.isArray(exported))
      return invalid(file, 'no list of tools', 'an export "tools" or a default export', 'export the tools in a list');
    const guards = module.guards ?? [];
    if (!Array.isArray(guards))
      return invalid(file, 'guards that are no list', 'a list of guards', 'export the guards in a list');
    return collect(file, exported, guards, modules.digest);
  } catch (error) {
    const problem = wholeFile(
      file,
      `code that does not load (${messageOf(error).split('\n')[0]?.slice(0, 300)})`,
      'code that loads',
      remedyFor(error),
    );
    return { kind: 'invalid', problems: [{ ...problem, ...placeOfError(error, folder) }] };
  }
}

function remedyFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') return 'copy the pack out of node_modules';
  return code === 'ERR_MODULE_NOT_FOUND' ? 'install what it imports beside the pack' : 'correct it';
}

/** The registry of the named tools. */
export function selectTools(
  names: readonly string[],
  read: Pick<Extract<ToolsRead, { kind: 'tools' }>, 'tools' | 'moduleDigest'>,
  problemAtName: (index: number, found: string, expected: string, remedy: string) => PackProblem,
): { kind: 'registry'; registry: ToolRegistry } | { kind: 'invalid'; problems: PackProblem[] } {
  const known = read.tools.map((tool) => tool.name);
  const problems: PackProblem[] = [];
  for (const [index, name] of names.entries()) {
    if (!known.includes(name)) {
      const expected = known.length > 0 ? `one of ${known.join(', ')}` : 'a tool that tools.ts exports';
      problems.push(problemAtName(index, `the tool "${name}"`, expected, 'export it from tools.ts or delete the name'));
    } else if (names.indexOf(name) !== index) {
      problems.push(problemAtName(index, `the tool "${name}" a second time`, 'each name once', 'delete it'));
    }
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  try {
    const tools = read.tools.filter((tool) => names.includes(tool.name));
    return { kind: 'registry', registry: createToolRegistry(tools, { moduleDigest: read.moduleDigest }) };
  } catch (error) {
    return { kind: 'invalid', problems: [problemAtName(0, messageOf(error), 'tools that fit together', 'rename one')] };
  }
}

function collect(
  file: string,
  exported: readonly unknown[],
  exportedGuards: readonly unknown[],
  moduleDigest: string,
): ToolsRead {
  const problems: PackProblem[] = [];
  const tools: Tool[] = [];
  for (const value of exported) {
    try {
      tools.push(checkTool(value));
    } catch (error) {
      problems.push(wholeFile(file, messageOf(error), 'tools made by defineTool', 'correct the definition'));
    }
  }
  const own = readOwnGuards(file, exportedGuards);
  problems.push(...own.problems);
  return problems.length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'tools', file, tools, guards: own.guards, moduleDigest };
}

async function toolsFile(folder: string): Promise<string | undefined> {
  for (const name of ['tools.ts', 'tools.js']) {
    if (await pathExists(join(folder, name))) return name;
  }
  return undefined;
}

function invalid(file: string, found: string, expected: string, remedy: string): ToolsRead {
  return { kind: 'invalid', problems: [wholeFile(file, found, expected, remedy)] };
}
