/** What is typed after `approve --grant`, made into what the gateway takes. Whether the terms allow it, the gateway says. */
import type { Command } from 'commander';
import { z } from 'zod';
import type { ApprovalView } from '../client/gateway-schemas.ts';
import type { GrantRequest, ProposedGrant } from '../client/grant-schemas.ts';
import { mostUses } from '../core/contracts/grant.ts';
import { labelSchema, riskSchema } from '../core/contracts/labels.ts';
import { CountersignError } from '../core/errors.ts';
import { parseDuration } from '../policy/index.ts';

const pair = /^([^=]{1,200})=(.+)$/su;
const pairText = z.string().regex(pair, 'expected <argument>=…');

export function defineGrantOptions(command: Command): Command {
  return command
    .option('--grant [grant]', 'also approve calls like it: a new grant, or the one of this id that was proposed')
    .option('--like <argument=pattern...>', 'grant: the argument may be any text like the pattern, "web-*"')
    .option('--one-of <argument=values...>', 'grant: the argument may be any of these, a JSON list')
    .option('--uses <count>', 'grant: how many calls (default: 1)')
    .option('--for <duration>', 'grant: how long it stands (default: as long as the terms allow, at most 1h)')
    .option('--scope <scope>', 'grant: run, or agent for all its runs (default: run)')
    .option('--risk <risk>', 'grant: the highest risk (default: that of the call)')
    .option('--label <label...>', 'grant: what its calls may have read at most (default: as this one)');
}

const fewest = `expected a whole number from 1 to ${mostUses}`;
export const grantOptions = {
  grant: z.union([z.literal(true), z.string().regex(/^[a-z0-9]{12}$/u, 'expected the id of a grant')]).optional(),
  like: z.array(pairText).max(200).default([]),
  oneOf: z.array(pairText).max(50).default([]),
  uses: z
    .string()
    .regex(/^\d{1,9}$/u, fewest)
    .transform(Number)
    .pipe(z.number().min(1, fewest).max(mostUses, fewest))
    .optional(),
  for: z
    .string()
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .pipe(z.number({ error: 'expected a duration such as 30m' }))
    .optional(),
  scope: z.enum(['run', 'agent'], { error: 'expected run or agent' }).optional(),
  risk: z.enum(riskSchema.options, { error: `expected one of ${riskSchema.options.join(', ')}` }).optional(),
  label: z
    .array(z.enum(labelSchema.options, { error: `expected some of ${labelSchema.options.join(', ')}` }))
    .optional(),
};
const optionsSchema = z.object(grantOptions);
export type GrantOptions = z.output<typeof optionsSchema>;

const usualTtlMs = 3_600_000;

/** Undefined: the call alone. @throws {CountersignError} `input-invalid` */
export function grantOf(options: GrantOptions, approval: ApprovalView): GrantRequest | undefined {
  const { grant, like, oneOf, uses, for: ttlMs, scope, risk, label } = options;
  const details = [like.length > 0, oneOf.length > 0, uses, ttlMs, scope, risk, label].some(Boolean);
  if (grant === undefined) {
    if (details) throw wrong('what a grant covers was said, and no grant was asked for', 'add --grant');
    return undefined;
  }
  if (grant !== true) {
    if (details)
      throw wrong('a grant that was proposed cannot be changed', 'leave out what it covers, or propose another');
    const found = approval.grants.find(({ grantId }) => grantId === grant);
    if (!found) throw wrong(`grant "${grant}" is not proposed for it`, 'look at the request again');
    return { sign: found.grantDigest };
  }
  const cap = approval.approvers.grants;
  if (!cap) throw wrong('no grant can be given with it', 'approve this call alone');
  return {
    propose: {
      arguments: patternsOf(like, oneOf),
      uses: uses ?? 1,
      ttlMs: ttlMs ?? Math.min(cap.ttlMs, usualTtlMs),
      ...(scope ? { scope } : {}),
      ...(risk ? { risk } : {}),
      ...(label ? { labels: label } : {}),
    },
  };
}

function patternsOf(like: readonly string[], oneOf: readonly string[]): NonNullable<ProposedGrant['arguments']> {
  const patterns: NonNullable<ProposedGrant['arguments']> = {};
  for (const text of like) {
    const { name, value } = split(text);
    const known = patterns[name];
    patterns[name] = { like: [...(known && 'like' in known ? known.like : []), value] };
  }
  for (const text of oneOf) {
    const { name, value } = split(text);
    if (patterns[name]) throw wrong(`argument "${name}" is said twice`, 'say it once');
    const values = z
      .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .min(1)
      .safeParse(listOf(value));
    if (!values.success) throw wrong(`--one-of ${name}: it is no list`, `write --one-of '${name}=["a","b"]'`);
    patterns[name] = { oneOf: values.data };
  }
  return patterns;
}

function split(text: string): { name: string; value: string } {
  const [, name = '', value = ''] = pair.exec(text) ?? [];
  return { name, value };
}

function listOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrong(is: string, remedy: string): CountersignError {
  return new CountersignError(
    'input-invalid',
    `Cannot approve with a grant: ${is}, expected a grant of this request; ${remedy}`,
  );
}
