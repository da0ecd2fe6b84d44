/**
 * What the runs of the crash campaign do: each has five effects and, in seeded order, reads, idempotent calls, approvals,
 * denials, calls side by side and waits. A name that ends in `-no` is what the approver denies.
 */
import type { Step } from '../../support/scripted-model.ts';
import type { Random } from '../frame/random.ts';

export interface ScriptedCall {
  tool: 'look' | 'wait' | 'post' | 'charge' | 'restart' | 'restart_asked';
  name: string;
}

export interface ScriptedRun {
  input: string;
  turns: ScriptedCall[][];
  steps: Step[];
  /** What must stand in the outside service once, by `<tool> <name>`. */
  expected: string[];
  /** What must not. */
  denied: string[];
}

export const effectsPerRun = 5;
const reads: readonly string[] = ['look', 'wait'];

export function isDenied({ name }: Pick<ScriptedCall, 'name'>): boolean {
  return name.endsWith('-no');
}

export function scriptRun(index: number, random: Random): ScriptedRun {
  // The stop keeps one input from being the beginning of another.
  const input = `crash run ${index}.`;
  let calls = 0;
  const call = (tool: ScriptedCall['tool']): ScriptedCall => {
    calls += 1;
    const denied = tool === 'charge' && random.next() < 0.12;
    return { tool, name: `r${index}c${calls}${denied ? '-no' : ''}` };
  };
  const middle = random.shuffle<ScriptedCall[]>([
    [call('look'), call('look'), call('restart')],
    [call('charge'), call('look'), call('charge')],
    [call('wait')],
    [call('post'), call('restart_asked')],
    [call('charge')],
  ]);
  const turns = [[call('look')], ...middle, [call('post'), call('wait')]];
  const acting = turns.flat().filter(({ tool }) => !reads.includes(tool));
  return {
    input,
    turns,
    steps: [
      ...turns.map((turn) => ({ calls: turn.map(({ tool, name }) => ({ name: tool, args: { name } })) })),
      { text: 'All done.' },
    ],
    expected: acting.filter((one) => !isDenied(one)).map(keyOf),
    denied: acting.filter(isDenied).map(keyOf),
  };
}

export function keyOf({ tool, name }: Pick<ScriptedCall, 'name'> & { tool: string }): string {
  return `${tool} ${name}`;
}

export function isEffect(tool: string): boolean {
  return tool === 'post' || tool === 'charge';
}
