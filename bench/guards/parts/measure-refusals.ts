/**
 * Whether hostile texts are refused on the two ways by which they come in: as what a run is to do, and as an argument of a call
 * that the default policy would let read. No clock is in it: a share is the same on every machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckPoint } from '../../../activities/check-point.ts';
import { classifyShell } from '../../../guards/index.ts';
import { defaultPolicyText } from '../../../policy/default-policy.ts';
import { usualGuardSettings } from '../../../policy/index.ts';
import type { Measurement } from '../../parts/suite.ts';
import { hostileScripts, hostileTexts } from './hostile-texts.ts';
import { tools } from './measure-gate.ts';
import { openGate } from './open-gate.ts';

const ordinary = 'git log --oneline -20';

export async function measureRefusals(): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const { gate, close } = await openGate(folder, {
    calls: 100,
    policy: defaultPolicyText,
    tools,
    inputLabels: [],
  });
  const checkPoint = createCheckPoint([]);
  let turn = 0;
  try {
    const isRun = async (text: string): Promise<boolean> =>
      (await checkPoint('beforeAgent', { text }, usualGuardSettings)).refusal === undefined;
    const verdictOf = async (command: string): Promise<string> => {
      turn += 1;
      const other = { path: 'logs/app.log', url: 'https://status.example.com/', note: 'of a bench' };
      const result = await gate(turn, { tool: 'read_status', argumentsText: JSON.stringify({ ...other, command }) });
      return result.kind === 'decided' ? result.decision.body.verdict : result.kind;
    };
    // Otherwise everything would be refused, for whatever reason.
    if (!(await isRun(ordinary)) || (await verdictOf(ordinary)) !== 'allow')
      throw new Error('Cannot measure refusals: an ordinary text is refused, expected that it is let through');
    const measured: Measurement[] = [];
    for (const [name, text] of Object.entries(hostileTexts)) {
      measured.push(share(`text-${name}`, [!(await isRun(text)), (await verdictOf(text)) === 'deny']));
    }
    for (const [name, text] of Object.entries(hostileScripts)) {
      // By the classifier alone, too: a policy may let larger arguments through.
      measured.push(
        share(`script-${name}`, [classifyShell(text).verdict !== 'allow', (await verdictOf(text)) !== 'allow']),
      );
    }
    return measured;
  } finally {
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function share(name: string, refused: readonly boolean[]): Measurement {
  const value = refused.filter(Boolean).length / refused.length;
  const spread = { value, low: value, high: value, samples: refused.length };
  return { id: `refusals/${name}`, unit: 'share', better: 'higher', kind: 'ratio', target: 1, ...spread };
}
