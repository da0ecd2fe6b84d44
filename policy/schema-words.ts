/** The small shapes that all parts of a policy share: names, patterns, durations, counts. Each says in words what it expects. */
import { z } from 'zod';
import { principalSchema, roleSchema } from '../core/contracts/ids.ts';
import { parseDuration } from './duration.ts';
import { toolPatternPattern } from './tool-pattern.ts';

export const text = (longest: number) => z.string().min(1).max(longest);
export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name of small letters, digits and hyphens that starts with a letter, at most 64');
export const role = z.string().refine((value) => roleSchema.safeParse(value).success, {
  error: 'a role name of small letters, digits, "_" and "-" that starts with a letter',
});
export const principal = z.string().refine((value) => principalSchema.safeParse(value).success, {
  error: 'a principal id of letters, digits and ". _ @ : + -", at most 200',
});
export const toolPattern = z
  .string()
  .regex(toolPatternPattern, 'a tool name ([a-z][a-z0-9_]{0,63}) or a pattern of it with "*" and "?"');
export const agentPattern = z
  .string()
  .regex(/^[a-z*?][a-z0-9*?-]{0,63}$/, 'an agent name or a pattern of it with "*" and "?"');
export const duration = z.string().refine((value) => parseDuration(value) !== undefined, {
  error: 'a duration such as 90s, 10m, 1h30m or 2d, from 1ms to 366d',
});
export const count = z.int().min(1).max(1_000_000);
/** `host`, or `filter.host` for an argument inside another. */
export const argumentPath = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_-]{0,63}(?:\.[A-Za-z_][A-Za-z0-9_-]{0,63}){0,3}$/,
    'an argument name, or names joined by dots',
  );
export const effects = ['allow', 'ask', 'deny'] as const;
