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

/**
 * All guards of a point together, ms: less than the time of the activity around them, whose end by time-out would be a hold
 * (a local activity has 5 s) or an effect in doubt (a receipt has 4 s after its tool).
 */
export const pointMs: Readonly<Record<GuardPoint, number>> = {
  beforeAgent: 3500,
  beforeModel: 60_000,
  afterModel: 60_000,
  beforeTool: 3500,
  afterTool: 2000,
  afterAgent: 6000,
};

/**
 * What a tool leaves of its time is its guards', ms at most: a guard's program takes a second where the machine is busy, and no
 * run waits minutes for them.
 */
export const mostSpareMs = 8000;

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

/** The time that one check has. */
export interface CheckOptions {
  /** Until its answer counts no more, ms from its start: what is left for the point, at most the guard's own `timeoutMs`. */
  readonly timeoutMs: number;
  /** Aborts then, for what a check waits for: `fetch(url, { signal })`. */
  readonly signal: AbortSignal;
}

/** A guard that is a program of its own: the worker starts it in the sandbox for each check, and it answers in JSON. */
export interface GuardProgram {
  /** Program and arguments; the program is looked for in `PATH`. No shell reads them. */
  readonly argv: readonly string[];
  /**
   * Files to copy into the program's folder, where it is started: absolute paths or `file:` URLs, each name once. Read when the
   * worker starts: a file that changes later changes no running guard.
   */
  readonly files?: readonly (string | URL)[] | undefined;
  /** Beside `PATH` and `LANG`, which it may replace; nothing is inherited. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Absolute paths to show read-only beside the system's folders. */
  readonly readOnlyPaths?: readonly string[] | undefined;
  /** Bytes of standard output and error together. @default 65536 */
  readonly maxOutputBytes: number;
}

export interface Guard {
  /** Small letters, digits and `-`; unique among all guards of an agent. */
  readonly id: string;
  /** For `guards list`. */
  readonly summary: string;
  readonly at: readonly GuardPoint[];
  /** Names of the tools it is asked about at `beforeTool` and `afterTool`; absent: all. */
  readonly tools?: readonly string[] | undefined;
  /** Longest time for one check, ms. What takes longer refuses. */
  readonly timeoutMs: number;
  readonly program?: GuardProgram | undefined;
  /** Changes nothing. Throwing refuses. A message never repeats a secret. */
  check(input: GuardInput, options: CheckOptions): readonly Finding[] | Promise<readonly Finding[]>;
}

export interface GuardSource extends Pick<Guard, 'id' | 'at' | 'tools'> {
  readonly summary?: string;
  /** At most what all guards of its points have together (`pointMs`). @default 1000, of a program 3000 */
  readonly timeoutMs?: number;
  /** Either this or `program`. */
  readonly check?: Guard['check'];
  readonly program?: Omit<GuardProgram, 'maxOutputBytes'> & Partial<Pick<GuardProgram, 'maxOutputBytes'>>;
}

/** A fault of a guard in words of our own, fit for a record: nothing of what was checked, and no secret. */
export class GuardFault extends Error {
  override readonly name = 'GuardFault';
}

/** What a program's guard does until a worker binds it to a sandbox: it refuses. */
async function notStarted(): Promise<readonly Finding[]> {
  throw new GuardFault('its program was not started, expected a worker with a sandbox');
}

const absolutePath = z.union([z.string().startsWith('/', 'an absolute path'), z.instanceof(URL)]);
const programSchema = z.strictObject({
  argv: z.array(z.string().max(4096)).min(1).max(100).readonly(),
  files: z.array(absolutePath).max(50).readonly().optional(),
  environment: z.record(z.string(), z.string()).readonly().optional(),
  readOnlyPaths: z.array(z.string().startsWith('/', 'an absolute path')).max(50).readonly().optional(),
  maxOutputBytes: z
    .int()
    .min(1)
    .max(1024 * 1024)
    .default(65_536),
});

const usualMs = 1000;
/** A sandbox is built for each check. */
const usualProgramMs = 3000;

const guardSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/u, 'small letters, digits and "-", at most 64'),
    summary: z.string().max(200).default(''),
    at: z.array(z.enum(guardPoints)).min(1),
    tools: z.array(z.string().min(1).max(64)).min(1).max(500).readonly().optional(),
    timeoutMs: z.int().min(1).max(60_000).optional(),
    check: z.custom<Guard['check']>((value) => typeof value === 'function', 'a function').optional(),
    program: programSchema.optional(),
  })
  .refine(({ check, program }) => (check !== undefined && check !== notStarted) !== (program !== undefined), {
    message: 'either "check" or "program"',
  })
  .superRefine(({ timeoutMs = 0, at }, context) => {
    const most = Math.max(...at.map((point) => pointMs[point] + (point === 'afterTool' ? mostSpareMs : 0)));
    if (timeoutMs <= most) return;
    const message = `at most ${most}: all guards of ${at.join(', ')} have no more together`;
    context.addIssue({ code: 'custom', path: ['timeoutMs'], message });
  })
  .transform(({ check = notStarted, timeoutMs, ...rest }): Guard => {
    return { ...rest, check, timeoutMs: timeoutMs ?? (rest.program ? usualProgramMs : usualMs) };
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
