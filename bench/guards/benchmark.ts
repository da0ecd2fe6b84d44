/** Suite `guards`: what the guards find in public data, with 95% intervals, and what they cost. */
import type { Suite } from '../parts/suite.ts';
import { measureInjection, measureSecrets, measureShell } from './parts/measure-corpora.ts';
import { measureGate } from './parts/measure-gate.ts';
import { measureMutations } from './parts/measure-mutations.ts';
import { measureRefusals } from './parts/measure-refusals.ts';
import { measureSequences } from './parts/measure-sequences.ts';
import { measureSpeed } from './parts/measure-speed.ts';

export const suite: Suite = {
  name: 'guards',
  summary: 'what the guards find in public data, and what they cost',
  rounds: 7,
  parts: ['shell', 'injection', 'secrets', 'mutations', 'sequences', 'refusals', 'speed', 'gate'],
  async measure(options) {
    const measurements = [];
    for (const [part, measure] of [
      ['shell', measureShell],
      ['injection', measureInjection],
      ['secrets', measureSecrets],
      ['mutations', measureMutations],
      ['sequences', measureSequences],
      ['refusals', measureRefusals],
      ['speed', async () => await measureSpeed(options.rounds)],
      ['gate', async () => await measureGate(options.rounds)],
    ] as const) {
      if (!options.wants(part)) continue;
      options.progress(part);
      measurements.push(...(await measure()));
    }
    return measurements;
  },
};
