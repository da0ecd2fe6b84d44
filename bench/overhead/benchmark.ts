/** What Countersign costs: the same agent loop bare and governed, in one process against one server. See README.md there. */
import type { Measurement, Suite } from '../parts/suite.ts';
import { measureEngine } from './parts/measure-engine.ts';
import { measureHistory } from './parts/measure-history.ts';
import { loopParts, measureLoop } from './parts/measure-loop.ts';
import { measureReplay } from './parts/measure-replay.ts';
import { measureVote } from './parts/measure-vote.ts';
import { startWorld, type World } from './world.ts';

const worldParts = [measureHistory, measureLoop, measureVote, measureReplay];

export const suite: Suite = {
  name: 'overhead',
  summary: 'the same agent loop bare and governed, in one process against one server',
  rounds: 3,
  parts: [...loopParts, 'history', 'vote', 'replay', 'engine'],
  measure: async (options) => {
    const measurements: Measurement[] = [];
    if ([...loopParts, 'history', 'vote', 'replay'].some((part) => options.wants(part))) {
      const world: World = await startWorld();
      try {
        for (const measure of worldParts) measurements.push(...(await measure(world, options)));
      } finally {
        await world.stop();
      }
    }
    measurements.push(...(await measureEngine(options)));
    return measurements;
  },
};
