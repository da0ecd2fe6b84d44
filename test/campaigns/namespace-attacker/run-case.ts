/** Plays one case and judges it. A case that throws has failed; it never ends the campaign. */
import { messageOf } from '../../../core/errors.ts';
import type { AttackCase } from './case.ts';
import { audit, bringToEnd, judgeEffects, judgeReport, seenIn } from './oracles.ts';
import type { Stage } from './stage.ts';

export interface CaseResult {
  attackCase: AttackCase;
  /** As the audit said it; empty where the case did not come so far. */
  shown: string;
  problems: string[];
  durationMs: number;
}

export async function runCase(stage: Stage, attackCase: AttackCase): Promise<CaseResult> {
  const begin = performance.now();
  const result = (shown: string, problems: string[]): CaseResult => ({
    attackCase,
    shown,
    problems,
    durationMs: performance.now() - begin,
  });
  try {
    const run = await attackCase.play(stage);
    await bringToEnd(stage, run, attackCase.ends);
    const effects = await judgeEffects(stage, run, attackCase.effects);
    const report = await audit(stage, run);
    const named = [...effects, ...judgeReport(report, attackCase.shows)];
    return result(
      seenIn(report),
      named.map((problem) => `${problem} (${run.workflowId})`),
    );
  } catch (error) {
    return result('', [messageOf(error)]);
  }
}
