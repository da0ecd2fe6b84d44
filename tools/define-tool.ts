/**
 * `defineTool`: what a tool author writes, checked when it is written and not when it is called. It promises a complete,
 * frozen description; it never runs anything and gives no leave to run: that is the gate's.
 */
import { z } from 'zod';
import type { Json } from '../core/canonical-json.ts';
import { toolNameSchema } from '../core/contracts/ids.ts';
import { labelSchema, type Risk, riskSchema } from '../core/contracts/labels.ts';
import { type EffectClass, effectClassSchema } from '../core/contracts/tool.ts';
import { CountersignError } from '../core/errors.ts';
import { parametersProblems } from './parameters-problems.ts';
import type { ToolContext } from './tool-context.ts';

/** Whether the effect of an earlier, uncertain try happened, as far as the tool can see. Evidence, not proof. */
export type ProbeAnswer = 'happened' | 'did-not-happen' | 'unknown';
type Awaitable<T> = T | Promise<T>;

/** Not `operator`: nothing that a tool gives back was said by who runs it, and its author cannot make it so. */
const resultLabelSchema = labelSchema.exclude(['operator']);
export type ResultLabel = z.infer<typeof resultLabelSchema>;

export interface ToolSource<S extends z.ZodObject> {
  /** Small letters, digits and `_`. */
  readonly name: string;
  /** For the model and for approvers. */
  readonly description: string;
  /** `z.strictObject(…)` of JSON values, without transforms, pipes or coercion. */
  readonly parameters: S;
  /** `read` changes nothing; `idempotent` may be repeated with the same result; `effect` happens again each time. */
  readonly effect: EffectClass;
  /** Absent: the policy derives it. */
  readonly risk?: Risk;
  /** @default [] */
  readonly tags?: readonly string[];
  /**
   * Labels that every result carries, besides `untrusted`, which only a policy can take away (`labels.trustedResults`); named
   * here, `untrusted` stays whatever a policy says. @default []
   */
  readonly resultLabels?: readonly ResultLabel[];
  /** Longest execution, ms. @default 60000 */
  readonly startToCloseMs?: number;
  /** Approving votes that the worker itself must verify, besides the permit. @default 0 */
  readonly votesDemanded?: number;
  /** For approvers: what a call can hit, such as `every user of one service for about ten seconds`. */
  readonly blastRadius?: string;
  /** For approvers: how its effect is undone, such as `deploy the version before`. */
  readonly undo?: string;
  /** Names of arguments that a shell will read; the gate classifies what is in them. @default [] */
  readonly commandArguments?: readonly string[];
  /** Does it. Throw `ToolFailure` when it certainly did not happen. */
  execute(args: z.output<S>, context: ToolContext): Awaitable<string | Json>;
  /** Looks whether an earlier try happened; changes nothing. */
  probe?(args: z.output<S>, context: ToolContext): Awaitable<ProbeAnswer>;
  /** What an approver should know of the target as it is now; read again right before the effect. Changes nothing. */
  targetState?(args: z.output<S>, context: ToolContext): Awaitable<Json>;
  /** What `execute` would do, for approvers: it runs before anybody is asked, changes nothing and tells nobody. */
  dryRun?(args: z.output<S>, context: ToolContext): Awaitable<string | Json>;
}

/** A checked tool. Only `createToolRegistry` makes it callable. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: z.ZodObject;
  readonly effect: EffectClass;
  readonly risk: Risk | null;
  readonly tags: readonly string[];
  readonly resultLabels: readonly ResultLabel[];
  readonly startToCloseMs: number;
  readonly votesDemanded: number;
  readonly commandArguments: readonly string[];
  readonly blastRadius?: string;
  readonly undo?: string;
  execute(args: unknown, context: ToolContext): Awaitable<string | Json>;
  probe?(args: unknown, context: ToolContext): Awaitable<ProbeAnswer>;
  targetState?(args: unknown, context: ToolContext): Awaitable<Json>;
  dryRun?(args: unknown, context: ToolContext): Awaitable<string | Json>;
}

const functionSchema = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'a function');

const toolSchema = z.strictObject({
  name: toolNameSchema,
  description: z.string().trim().min(1).max(4000),
  parameters: z.custom<z.ZodObject>((value) => value instanceof Object && '_zod' in value, 'a zod 4 schema'),
  effect: effectClassSchema,
  risk: riskSchema.nullable().default(null),
  tags: z.array(z.string().min(1).max(64)).max(50).default([]),
  resultLabels: z.array(resultLabelSchema).default([]),
  startToCloseMs: z.int().min(100).max(86_400_000).default(60_000),
  votesDemanded: z.int().min(0).max(20).default(0),
  commandArguments: z.array(z.string().min(1).max(64)).max(10).default([]),
  blastRadius: z.string().trim().min(1).max(400).optional(),
  undo: z.string().trim().min(1).max(400).optional(),
  execute: functionSchema,
  probe: functionSchema.optional(),
  targetState: functionSchema.optional(),
  dryRun: functionSchema.optional(),
});

/** @throws {CountersignError} `pack-invalid` naming everything that is wrong with the definition. */
export function defineTool<S extends z.ZodObject>(source: ToolSource<S>): Tool {
  return checkTool(source);
}

/** The same check for a value of unknown origin, such as a pack's export. @throws {CountersignError} `pack-invalid` */
export function checkTool(source: unknown): Tool {
  const parsed = toolSchema.safeParse(source);
  const problems = parsed.success
    ? [...parametersProblems(parsed.data.parameters), ...commandProblems(parsed.data)]
    : parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the definition'}: ${issue.message}`);
  if (!parsed.success || problems.length > 0) {
    throw new CountersignError(
      'pack-invalid',
      `Cannot define tool "${nameOf(source)}": ${problems.join('; ')}, expected a definition as in docs/tools.md; correct it where it is defined`,
    );
  }
  return Object.freeze(parsed.data) as Tool;
}

/** A misspelt name would leave what a shell reads unguarded. */
function commandProblems({ parameters, commandArguments }: Pick<Tool, 'parameters' | 'commandArguments'>): string[] {
  const unknown = commandArguments.filter((name) => !(name in parameters.shape));
  return unknown.map(() => 'commandArguments: a name that is no parameter');
}

function nameOf(source: unknown): string {
  const name = typeof source === 'object' && source !== null && 'name' in source ? source.name : undefined;
  return typeof name === 'string' ? JSON.stringify(name.slice(0, 64)).slice(1, -1) : '(without a name)';
}
