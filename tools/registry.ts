/**
 * The tools of one agent as gate and worker see them: definition, digest and the one way to read arguments. Promises
 * that names are unique also to the eye; never gives out a tool that is not in it.
 */
import { z } from 'zod';
import type { Json } from '../core/canonical-json.ts';
import { type ToolDefinition, toolDefinitionSchema } from '../core/contracts/tool.ts';
import { digestJson } from '../core/digest.ts';
import { CountersignError } from '../core/errors.ts';
import { argumentsParser, type ParsedArguments } from '../core/arguments-parser.ts';
import { nativeDigest } from './native-digest.ts';
import { checkTool, type ProbeAnswer, type Tool } from './define-tool.ts';
import type { ToolContext } from './tool-context.ts';

export interface RegisteredTool {
  readonly definition: ToolDefinition;
  /** In every permit: a changed tool is another tool. */
  readonly definitionDigest: string;
  readonly parseArguments: (text: string) => ParsedArguments;
  /** @param args the `value` of `parseArguments`. */
  execute(args: unknown, context: ToolContext): Promise<string | Json>;
  probe?(args: unknown, context: ToolContext): Promise<ProbeAnswer>;
  targetState?(args: unknown, context: ToolContext): Promise<Json>;
  dryRun?(args: unknown, context: ToolContext): Promise<string | Json>;
}

export interface ToolRegistry {
  get(name: string): RegisteredTool | undefined;
  /** By name. */
  list(): RegisteredTool[];
}

/**
 * @param options.moduleDigest digest of the code the tools were loaded from.
 * @throws {CountersignError} `pack-invalid`
 */
export function createToolRegistry(tools: readonly Tool[], options: { moduleDigest: string }): ToolRegistry {
  const toolsByName = new Map<string, RegisteredTool>();
  const namesByLook = new Map<string, string>();
  for (const tool of tools.map(checkTool)) {
    const other = namesByLook.get(lookOf(tool.name));
    if (other !== undefined) refuseName(tool.name, other);
    namesByLook.set(lookOf(tool.name), tool.name);
    toolsByName.set(tool.name, register(tool, options.moduleDigest));
  }
  const sorted = [...toolsByName.values()].toSorted((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  return { get: (name) => toolsByName.get(name), list: () => [...sorted] };
}

function register(tool: Tool, moduleDigest: string): RegisteredTool {
  const { $schema: _, ...parameters } = z.toJSONSchema(tool.parameters, { io: 'input' });
  const { commandArguments, blastRadius, undo } = tool;
  const definition = toolDefinitionSchema.parse({
    name: tool.name,
    description: tool.description,
    parameters,
    effect: tool.effect,
    risk: tool.risk,
    tags: tool.tags,
    resultLabels: tool.resultLabels,
    startToCloseMs: tool.startToCloseMs,
    votesDemanded: tool.votesDemanded,
    ...(commandArguments.length > 0 ? { commandArguments } : {}),
    ...(blastRadius === undefined ? {} : { blastRadius }),
    ...(undo === undefined ? {} : { undo }),
    hasProbe: tool.probe !== undefined,
    hasTargetState: tool.targetState !== undefined,
    ...(tool.dryRun && { hasDryRun: true }),
    moduleDigest,
  } satisfies Record<
    Exclude<keyof ToolDefinition, 'commandArguments' | 'blastRadius' | 'undo' | 'hasDryRun'>,
    unknown
  >);
  return Object.freeze({
    definition: Object.freeze(definition),
    definitionDigest: digestJson('tool-definition', definition),
    parseArguments: argumentsParser(tool.parameters, (canonical) => nativeDigest('arguments', canonical)),
    execute: async (args: unknown, context: ToolContext) => tool.execute(args, context),
    ...(tool.probe && {
      probe: async (args: unknown, context: ToolContext) => tool.probe?.(args, context) ?? 'unknown',
    }),
    ...(tool.targetState && {
      targetState: async (args: unknown, context: ToolContext) => (await tool.targetState?.(args, context)) ?? null,
    }),
    ...(tool.dryRun && {
      dryRun: async (args: unknown, context: ToolContext) => (await tool.dryRun?.(args, context)) ?? '',
    }),
  });
}

/** Two names with the same look: `_` apart, 0 for o, 1 or i for l, rn for m, vv for w. An approver could take one for the other. */
function lookOf(name: string): string {
  return name
    .replaceAll('_', '')
    .replaceAll('0', 'o')
    .replaceAll(/[1i]/g, 'l')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

function refuseName(name: string, other: string): never {
  throw new CountersignError(
    'pack-invalid',
    `Cannot register tool "${name}": ${name === other ? 'the name is taken' : `it looks like "${other}"`}, expected names that an approver cannot confuse; rename one`,
  );
}
