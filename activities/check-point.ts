/**
 * The five hook points beside beforeTool: which guards look there, and whether what they found refuses the text. A guard that
 * fails refuses. What a refusal comes to is for whoever asked: a run that does not open, a prompt that is not sent, an answer
 * that is not used, a result that is withheld.
 */
import type { Finding } from '../core/contracts/labels.ts';
import { builtInGuards, type Guard, type GuardInput, type GuardPoint, pointMs, runGuards } from '../guards/index.ts';
import { type GuardSettings, isAtLeast } from '../policy/index.ts';
import type { Redact } from './redact-for-run.ts';
import { worstFindings } from './worst-findings.ts';
import { withinBudget } from './within.ts';

export type TextPoint = Exclude<GuardPoint, 'beforeTool'>;

export interface PointResult {
  findings: Finding[];
  /** The finding that refuses; undefined: nothing does. */
  refusal: Finding | undefined;
}

/** Never throws. @param spareMs what is left of the time around it, beside that of the point. @default 0 */
export type CheckPoint = (
  point: TextPoint,
  input: Omit<GuardInput, 'point'>,
  settings: GuardSettings,
  spareMs?: number,
) => Promise<PointResult>;

/**
 * @param own the pack's guards, in the order of their registration
 * @param redact for what the guards say; absent: marks without digits
 */
export function createCheckPoint(own: readonly Guard[], redact?: Redact): CheckPoint {
  const builtIn = (point: TextPoint): Guard[] => builtInGuards.filter(({ id }) => asksBuiltIn(point, id));
  return async (point, input, settings, spareMs = 0) => {
    const isOff = (guard: string): boolean => settings.offBecause(guard) !== undefined;
    const guards = [...builtIn(point), ...own];
    const run = await runGuards(guards, point, input, withinBudget(pointMs[point] + spareMs), {
      isOff,
      ...(redact ? { redact } : {}),
    });
    const refusal =
      run.kind === 'failed'
        ? run.findings.at(-1)
        : run.findings.find((finding) => refuses(finding, settings) && !isOff(finding.guard));
    return { findings: worstFindings(run.findings), refusal };
  };
}

/**
 * Secrets are taken out of every text of a model or a tool before its guards are asked, and the injection guard looks at each
 * message on its own while the prompt is built: neither is asked again there.
 */
function asksBuiltIn(point: TextPoint, guard: string): boolean {
  return point === 'beforeAgent' || (point === 'afterTool' && guard === 'injection');
}

/** Injection is a signal: it refuses only where a policy says from where on. */
function refuses({ guard, severity }: Finding, settings: GuardSettings): boolean {
  const bound = settings.blocksFrom(guard) ?? (guard === 'injection' ? undefined : 'high');
  return bound !== undefined && isAtLeast(severity, bound);
}
