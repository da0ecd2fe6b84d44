/**
 * `defineGuard`: what a guard is, checked when it is written. A guard looks at one text and says what it found; what a
 * finding leads to is decided by who asked. It gives no leave: a guard without findings allows nothing by itself.
 */
import { z } from 'zod';
import type { Finding } from '../core/contracts/labels.ts';
import { CountersignError } from '../core/errors.ts';

/** In the order of a run. */
export const guardPoints = [
  'beforeAgent',
  'beforeModel',
  'afterModel',
  'beforeTool',
  'afterTool',
  'afterAgent',
] as const;
export type GuardPoint = (typeof guardPoints)[number];

export interface GuardInput {
  /** Where it is asked: a guard may be registered at several. */
  readonly point: GuardPoint;
  /**
   * What the point is about: the text of the run, what is new in the prompt, the answer with its calls, the canonical
   * arguments of a call, its result, the last answer. Secrets are taken out of it, but for the text of the run.
   */
  readonly text: string;
  /** At `afterModel`: what the answer asks for, as the model wrote it. */
  readonly calls?: readonly { readonly name: string; readonly argumentsText: string }[];
  /** At `beforeTool` and `afterTool`. */
  readonly tool?: {
    readonly name: string;
    readonly effect: 'read' | 'idempotent' | 'effect';
    readonly tags: readonly string[];
    /** Names of the arguments that a shell will read. */
    readonly commandArguments: readonly string[];
  };
  /** At `beforeTool` and `afterTool`: checked against the tool's schema. Frozen. */
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Guard {
  /** Small letters, digits and `-`; unique among all guards of an agent. */
  readonly id: string;
  /** For `guards list`. */
  readonly summary: string;
  readonly at: readonly GuardPoint[];
  /** Longest time for one check, ms. What takes longer refuses. */
  readonly timeoutMs: number;
  /** Changes nothing. Throwing refuses. A message never repeats a secret. */
  check(input: GuardInput): readonly Finding[] | Promise<readonly Finding[]>;
}

export interface GuardSource extends Omit<Guard, 'summary' | 'timeoutMs'> {
  readonly summary?: string;
  /** @default 1000 */
  readonly timeoutMs?: number;
}

const guardSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/u, 'small letters, digits and "-", at most 64'),
  summary: z.string().max(200).default(''),
  at: z.array(z.enum(guardPoints)).min(1),
  timeoutMs: z.int().min(1).max(60_000).default(1000),
  check: z.custom<Guard['check']>((value) => typeof value === 'function', 'a function'),
});

/** @throws {CountersignError} `pack-invalid` naming everything that is wrong with the definition. */
export function defineGuard(source: GuardSource): Guard {
  return checkGuard(source);
}

/** The same check for a value of unknown origin, such as a pack's export. @throws {CountersignError} `pack-invalid` */
export function checkGuard(source: unknown): Guard {
  const parsed = guardSchema.safeParse(source);
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the definition'}: ${issue.message}`);
  throw new CountersignError(
    'pack-invalid',
    `Cannot define a guard: ${problems.join('; ')}, expected a definition as in docs/guards.md; correct it where it is defined`,
  );
}
