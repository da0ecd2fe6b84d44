/**
 * Runs the guards of one point in their order. The first one that fails ends it: a guard that throws, takes too long or
 * answers with something else than findings is a finding that refuses, and those behind it are not asked. One that is
 * switched off fails for itself alone.
 */
import { z } from 'zod';
import { type Finding, findingSchema } from '../core/contracts/labels.ts';
import { faultPlace } from './fault-place.ts';
import { redactSecrets } from './secrets/redact-secrets.ts';
import { type CheckOptions, type Guard, GuardFault, type GuardInput, type GuardPoint } from './define-guard.ts';

export type GuardRun =
  | { readonly kind: 'findings'; readonly findings: Finding[] }
  /** `findings` are those of the guards before it, and one that says which guard failed. */
  | {
      readonly kind: 'failed';
      readonly guard: string;
      readonly why: GuardFailure;
      readonly cause: unknown;
      readonly findings: Finding[];
    };

export type GuardFailure = 'threw' | 'timed-out' | 'cancelled' | 'no-findings';

/** The work's result, or why there is none. Given by the caller, because this folder keeps no time. */
export type Within = <T>(work: (options: CheckOptions) => T | PromiseLike<T>, timeoutMs: number) => Promise<Outcome<T>>;
export type Outcome<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'timed-out' | 'cancelled' };

/** The rule of the finding that says that its guard failed. */
export const guardFailedRule = 'guard-failed';

const findingsSchema = z.array(findingSchema);

export interface GuardRunOptions {
  /** Whether a guard's failure is only noted, because a policy says that it does not count. @default never */
  readonly isOff?: (guard: string) => boolean;
  /** Takes the secrets out of what a guard says, with the marks of the run. @default marks without digits */
  readonly redact?: (text: string) => Promise<{ readonly text: string }>;
}

export async function runGuards(
  guards: readonly Guard[],
  point: GuardPoint,
  input: Omit<GuardInput, 'point'>,
  within: Within,
  { isOff = () => false, redact = redactSecrets }: GuardRunOptions = {},
): Promise<GuardRun> {
  const findings: Finding[] = [];
  for (const guard of guards) {
    if (!guard.at.includes(point) || isForOthers(guard, input)) continue;
    const run = await runOne(guard, Object.freeze({ ...input, point }), within, redact);
    findings.push(...run.findings);
    if (run.kind === 'failed' && !isOff(guard.id)) return { ...run, findings };
  }
  return { kind: 'findings', findings };
}

/** Where the tool is not known, the guard is asked. */
function isForOthers({ tools }: Guard, { tool }: Omit<GuardInput, 'point'>): boolean {
  return tools !== undefined && tool !== undefined && !tools.includes(tool.name);
}

async function runOne(
  guard: Guard,
  input: GuardInput,
  within: Within,
  redact: NonNullable<GuardRunOptions['redact']>,
): Promise<GuardRun> {
  try {
    const outcome = await within((options) => guard.check(input, options), guard.timeoutMs);
    if (outcome.kind !== 'done') return failed(guard, outcome.kind, undefined);
    const found = findingsSchema.safeParse(outcome.value);
    if (!found.success) return failed(guard, 'no-findings', found.error);
    if (!found.data.every((finding) => liesWithin(finding, input.text)))
      return failed(guard, 'no-findings', new GuardFault('a span is not within the text that it was given'));
    const findings: Finding[] = [];
    for (const finding of found.data) findings.push(await fitFor(guard, finding, redact));
    return { kind: 'findings', findings };
  } catch (error) {
    return failed(guard, 'threw', error);
  }
}

/** Who counts in bytes, or in another text, means another place than the one that people would be shown. */
function liesWithin({ span }: Finding, text: string): boolean {
  return span === undefined || (span.start <= span.end && span.end <= text.length);
}

/** A guard speaks for itself only, and what it says goes into records and to the model: no secret in it stays. */
async function fitFor(
  { id }: Guard,
  finding: Finding,
  redact: NonNullable<GuardRunOptions['redact']>,
): Promise<Finding> {
  const { message, remedy } = finding;
  const clean = { ...finding, guard: id, message: (await redact(message)).text.slice(0, 500).toWellFormed() };
  return remedy === undefined ? clean : { ...clean, remedy: (await redact(remedy)).text.slice(0, 300).toWellFormed() };
}

const messages: Readonly<Record<GuardFailure, string>> = {
  threw: 'the guard failed',
  'timed-out': 'the guard timed out',
  cancelled: 'the guard was cancelled',
  'no-findings': 'the guard answered with something else than findings',
};

/** The words of another cause than a fault in our own are told to nobody: they may hold what was checked. */
function failed({ id }: Guard, why: GuardFailure, cause: unknown): GuardRun {
  const details = cause instanceof GuardFault ? cause.message : why === 'threw' ? faultPlace(cause) : '';
  const finding: Finding = {
    guard: id,
    rule: guardFailedRule,
    severity: 'critical',
    message: details === '' ? messages[why] : `${messages[why]}: ${details}`.slice(0, 500),
    remedy: 'correct the guard; until then what it guards is refused',
  };
  return { kind: 'failed', guard: id, why, cause, findings: [finding] };
}
