/**
 * The shapes of the parts beside rules and approvals, as they are written: tools, limits, guards, lists, labels, layers.
 * All of them only narrow what the rules allow, but for `labels`, which can also say that content is to be trusted.
 */
import { z } from 'zod';
import { riskSchema } from '../core/contracts/labels.ts';
import { showsSomething } from '../core/shows-something.ts';
import {
  agentPattern,
  argumentPath,
  count,
  duration,
  effects,
  name,
  principal,
  role,
  text,
  toolPattern,
} from './schema-words.ts';

const pattern = text(512);
const scalar = z.union([z.string().max(512), z.number(), z.boolean()]);

export const strictCommandSourceSchema = z
  .strictObject({
    maxBytes: count.optional().describe('UTF-8 bytes; absent: 4096'),
    maxArguments: count.optional().describe('Words after the command; absent: 64'),
    metacharacters: z
      .boolean()
      .optional()
      .describe('Whether pipes, redirections and lists are left to the shell guard; absent: no, they are refused'),
  })
  .describe('One plain command line: no metacharacters, no dangerous command, fragment or argument');
export type StrictCommandSource = z.infer<typeof strictCommandSourceSchema>;

export const constraintSourceSchema = z.strictObject({
  required: z.boolean().optional().describe('Absent: a call without this argument is not judged by it'),
  oneOf: z.array(scalar).min(1).max(500).optional().describe('The only values'),
  min: z.number().optional().describe('Smallest number'),
  max: z.number().optional().describe('Largest number'),
  maxLength: count.optional().describe('Most characters'),
  glob: z.array(pattern).min(1).max(100).optional().describe('The text matches one of these patterns'),
  re2: pattern.optional().describe('The text matches this regular expression of RE2; anchor it'),
  host: z
    .array(pattern)
    .min(1)
    .max(500)
    .optional()
    .describe('A host or URL of one of these hosts (`*.` for its subdomains)'),
  path: z
    .array(pattern)
    .min(1)
    .max(500)
    .optional()
    .describe('An absolute path that matches one of these, after `..` is resolved'),
  cidr: z.array(pattern).min(1).max(100).optional().describe('An IP address in one of these blocks'),
  strictCommand: strictCommandSourceSchema.optional(),
});
export type ConstraintSource = z.infer<typeof constraintSourceSchema>;

export const toolLimitsSourceSchema = z.strictObject({
  callsPerRun: count.optional().describe('Calls of these tools in one run'),
  callsPerMinute: count.optional().describe('Calls of these tools by one principal in any 60 seconds'),
  callsPerDay: count.optional().describe('Calls of these tools by one principal in any 24 hours'),
  argumentBytes: count.optional().describe('UTF-8 bytes of the canonical arguments'),
});

export const toolSourceSchema = z.strictObject({
  risk: riskSchema.optional().describe('Raises only'),
  tags: z.array(name).min(1).max(50).optional().describe('Added to those of the tool'),
  limits: toolLimitsSourceSchema.optional(),
  arguments: z.record(argumentPath, constraintSourceSchema).optional().describe('What its arguments must be'),
});
export type ToolSource = z.infer<typeof toolSourceSchema>;

export const limitsSourceSchema = z.strictObject({
  callsPerRun: count.optional().describe('Absent: no limit by the policy'),
  callsPerTurn: count.optional().describe('Absent: no limit by the policy'),
  callsPerMinute: count.optional().describe('Calls by one principal in any 60 seconds, over all runs'),
  callsPerDay: count.optional().describe('Calls by one principal in any 24 hours, over all runs'),
  turns: count.optional().describe('Absent: no limit by the policy'),
  runTime: duration.optional().describe('From the opening of the run; no call after it'),
  modelTokens: z.int().min(1).max(1e12).optional().describe('Input and output tokens of the run; no call after it'),
  modelCost: z.number().positive().max(1e9).optional().describe('By `prices`, in their currency; no call after it'),
  argumentBytes: count.optional().describe('UTF-8 bytes of the canonical arguments; absent: 1 MiB'),
  concurrentRuns: count.optional().describe('Open runs of one principal; a further one does not call anything'),
  refusalsInARow: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Turns in a row in which one tool was refused and nothing else was done, before the run ends; absent: 3'),
});

const price = z.number().min(0).max(1e6);
export const priceSourceSchema = z.strictObject({
  input: price.describe('Of a million input tokens'),
  output: price.describe('Of a million output tokens'),
});

export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];
const effect = z.enum(effects);
/** A reason that nobody can read is none. */
const acknowledge = text(300).refine(showsSomething, { error: 'a reason that people can read' });
export const guardSourceSchema = z.union([
  z
    .strictObject({
      off: z.literal(true),
      acknowledge: acknowledge.describe('Why; recorded with each decision it changes'),
    })
    .describe('Its findings change no verdict; they are still recorded'),
  z.strictObject({
    info: effect.optional(),
    low: effect.optional(),
    medium: effect.optional(),
    high: effect.optional(),
    critical: effect.optional(),
    block: z
      .enum(severities)
      .optional()
      .describe('Findings of this severity and above refuse a text at the hook points beside calls'),
    acknowledge: acknowledge
      .optional()
      .describe(
        'Why; required where findings are let pass that would be asked about, denied or refused without this entry',
      ),
  }),
]);
export type GuardSource = z.infer<typeof guardSourceSchema>;

export const allowlistSourceSchema = z.strictObject({
  tools: z.array(toolPattern).min(1).max(200).describe('Which tools this holds for'),
  argument: argumentPath.describe('Which argument is compared'),
  allow: z.array(pattern).min(1).max(1000).describe('The only commands, paths or hosts'),
});
export type AllowlistSource = z.infer<typeof allowlistSourceSchema>;
const lists = z.array(allowlistSourceSchema).min(1).max(50).optional();
export const allowlistsSourceSchema = z.strictObject({
  commands: lists.describe('Programs by name: every program of the command line must be listed'),
  paths: lists.describe('Absolute paths or patterns of them'),
  hosts: lists.describe('Hosts, or `*.` and a domain for its subdomains'),
});

export const blockedSourceSchema = z.strictObject({
  users: z.array(principal).min(1).max(1000).optional().describe('Neither as principal nor as the one acted for'),
  words: z.array(text(100)).min(1).max(1000).optional().describe('In any text of the arguments, in any case'),
  tools: z.array(toolPattern).min(1).max(200).optional(),
});

export const requireSourceSchema = z.strictObject({
  approval: z.union([z.literal('all'), z.array(riskSchema).min(1).max(4)]).describe('Of every call, or by risk'),
  terms: name.optional().describe('Terms to ask under; absent: those of the rule, else default'),
});

export const relabelSourceSchema = z.strictObject({
  tools: z.array(toolPattern).min(1).max(200),
  argument: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, 'the name of an argument'),
  values: z
    .array(scalar)
    .min(1)
    .max(500)
    .describe('Where the argument is one of these, it carries no label "untrusted"'),
  reason: text(300).describe('Why these can be trusted'),
});
export const trustedResultsSourceSchema = z.strictObject({
  tools: z.array(toolPattern).min(1).max(200),
  reason: text(300).describe('Why nobody else can have written what these give back'),
});
export const labelsSourceSchema = z.strictObject({
  untrusted: z
    .enum(['ask', 'allow'])
    .optional()
    .describe('Whether what is allowed still asks after untrusted content was read, unless it is a read; absent: ask'),
  relabel: z.array(relabelSourceSchema).min(1).max(100).optional(),
  trustedResults: z
    .array(trustedResultsSourceSchema)
    .min(1)
    .max(100)
    .optional()
    .describe('Tools whose results carry no label "untrusted"; absent: the results of all tools carry it'),
});

export const groupSourceSchema = z.strictObject({
  claims: z.array(role).min(1).max(100).optional().describe('Roles that the identity claims; one of them is enough'),
  principals: z.array(principal).min(1).max(500).optional(),
  roles: z.array(role).max(100).optional().describe('Roles of its members'),
});

export const dryRunSourceSchema = z.strictObject({
  reads: z.enum(['describe', 'run']).describe('Whether reads run in a dry run; absent: they are only described'),
});

export const layersSourceSchema = z.strictObject({
  teams: z
    .record(name, z.strictObject({ agents: z.array(agentPattern).min(1).max(500) }))
    .optional()
    .describe('Teams and the agents that are theirs; such an agent needs the policy of its team'),
  loosening: z
    .enum(['one-person', 'two-people'])
    .optional()
    .describe('Who activates a policy that may be looser than the one before; absent: one-person'),
});
