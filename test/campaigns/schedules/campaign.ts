/**
 * Votes, edits, withdrawals, grants, freezes, deadlines, cancellations, outages of worker and store, resets and new links in
 * seeded orders, each schedule on a real run of its own and many side by side. A specification that shares no code with the product judges what came of it;
 * a schedule that fails is cut down to the steps that it needs.
 */
import fc from 'fast-check';
import type { Campaign, CampaignFailure } from '../campaign.ts';
import { chooseCases } from '../frame/choose-cases.ts';
import { startCampaignEngine } from '../frame/engine.ts';
import { neverSeen, type Played, tableOf } from './count-played.ts';
import { knownSchedules } from './known-schedules.ts';
import { openStage, type Stage } from './play.ts';
import { describeSchedule, type Schedule, schedules as arbitrary } from './schedule.ts';
import { judge } from './specification.ts';

const atOnce = 8;
/** With fewer, it is no fault that something was never tried. */
const fewestThatSeeAll = 20;
/** Plays that cutting one failing schedule down may take. */
const mostShrinks = 12;

export const schedules: Campaign = {
  name: 'schedules',
  summary:
    'Votes, edits, withdrawals, grants, freezes, deadline, cancel, reset, new link, outages in any order: no effect without decision, quorum and time, none twice.',
  unit: 'schedules',
  fullCount: 200,
  async run({ seed, count, folder, onlyCase, progress }) {
    const all = Array.from({ length: count }, (_, index) => ({
      id: String(index),
      seed: caseSeed(seed, index),
      known: knownSchedules[index],
    }));
    const cases = chooseCases({ onlyCase }, all);
    const engine = await startCampaignEngine(folder);
    const { address, namespace } = engine;
    const played: Played[] = [];
    const failures: CampaignFailure[] = [];
    try {
      const queue = cases.values();
      // One stage outlives all others: Temporal's runtime ends with its last worker, and the next one would begin another.
      const keeper = await openStage({ address, namespace });
      const stages = [keeper, ...(await openStages(Math.min(atOnce, cases.length) - 1, { address, namespace }))];
      await Promise.all(
        stages.map(async (stage) => {
          for (const one of queue) {
            const failure = await checkOne(one, stage, (first) => played.push(first));
            if (failure) {
              failures.push({ case: one.id, what: `schedule ${one.id}: ${failure}` });
              progress(`schedule ${one.id} failed: ${failure}`);
            }
            progress(`${played.length} of ${cases.length} schedules played, ${failures.length} failed`);
          }
        }),
      );
      for (const stage of stages.toReversed()) await stage.close();
    } finally {
      await engine.stop();
    }
    if (count >= fewestThatSeeAll && onlyCase === undefined)
      failures.push(...neverSeen(played).map((what) => ({ case: null, what: `no schedule came to ${what}` })));
    return { table: tableOf(played, failures.length), failures };
  },
};

function openStages(count: number, temporal: { address: string; namespace: string }): Promise<Stage[]> {
  return Promise.all(Array.from({ length: count }, () => openStage(temporal)));
}

/** @returns what is wrong with the shortest schedule that was found to fail; undefined when the first one did not */
async function checkOne(
  { seed, known }: { seed: number; known: Schedule | undefined },
  stage: Stage,
  first: (played: Played) => void,
): Promise<string | undefined> {
  let plays = 0;
  const property = fc.asyncProperty(arbitrary, async (schedule) => {
    plays += 1;
    // Enough is enough: what is not played does not fail, and cutting down ends.
    if (plays > mostShrinks) return;
    const facts = await stage.play(schedule);
    if (plays === 1) first({ schedule, facts });
    const wrong = judge(facts);
    if (wrong.length > 0) throw new Error(wrong.join('; '));
  });
  const details = await fc.check(property, { seed, numRuns: 1, ...(known ? { examples: [[known]] } : {}) });
  if (!details.failed) return undefined;
  const [shortest] = details.counterexample ?? [];
  const what = details.errorInstance instanceof Error ? details.errorInstance.message : 'it failed';
  return `${what}\n  ${shortest ? describeSchedule(shortest) : 'no schedule'}`;
}

function caseSeed(seed: number, index: number): number {
  return (seed * 1_000_003 + index) % 0x7fff_ffff;
}
