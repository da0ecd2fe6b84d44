/**
 * Votes, deadlines, cancellations, outages of worker and store, resets and new links in seeded orders, each schedule on a
 * real run of its own and many side by side. A specification that shares no code with the product judges what came of it;
 * a schedule that fails is cut down to the steps that it needs.
 */
import fc from 'fast-check';
import type { Campaign, CampaignFailure, Table } from '../campaign.ts';
import { chooseCases } from '../frame/choose-cases.ts';
import { startCampaignEngine } from '../frame/engine.ts';
import type { Facts } from './facts.ts';
import { knownSchedules } from './known-schedules.ts';
import { openStage, type Stage } from './play.ts';
import { describeSchedule, type Schedule, schedules as arbitrary, type Step } from './schedule.ts';
import { judge } from './specification.ts';

interface Played {
  schedule: Schedule;
  facts: Facts;
}

const atOnce = 8;
/** Plays that cutting one failing schedule down may take. */
const mostShrinks = 12;

export const schedules: Campaign = {
  name: 'schedules',
  summary:
    'Votes, deadline, cancel, reset, new link, outages of worker and store in any order: no effect without decision, quorum and time, none twice.',
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

function tableOf(played: readonly Played[], failed: number): Table {
  const sum = (of: (one: Played) => number): number => played.reduce((all, one) => all + of(one), 0);
  const steps = (kind: Step['kind']): number =>
    sum(({ schedule }) => schedule.steps.filter((one) => one.kind === kind).length);
  const outcomes = (outcome: string): number =>
    sum(({ facts }) => facts.asks.filter((ask) => ask.outcome === outcome).length);
  const late = ({ facts }: Played): number =>
    facts.votes.filter(({ nonce, castAt }) => facts.asks.some((ask) => ask.nonce === nonce && castAt > ask.deadlineAt))
      .length;
  const overDeadline = ({ facts }: Played): number =>
    facts.workerOutages.filter(({ from, to }) =>
      facts.asks.some((ask) => ask.deadlineAt > from && ask.deadlineAt < (to ?? 0)),
    ).length;
  const twice = ({ facts }: Played): number =>
    facts.callKeys.filter((key) => facts.effects.filter(({ callKey }) => callKey === key).length > 1).length;
  const rows: Table['rows'] = [
    ['schedules played', played.length],
    ['steps', sum(({ schedule }) => schedule.steps.length)],
    ['votes', sum(({ facts }) => facts.votes.length)],
    ['of them after the deadline', sum(late)],
    ['resets', sum(({ facts }) => facts.resets.length)],
    ['runs told to end', sum(({ facts }) => facts.cancellations.length)],
    ['new links asked for', steps('new-link')],
    ['outages of the worker', sum(({ facts }) => facts.workerOutages.length)],
    ['of them over a deadline', sum(overDeadline)],
    ['outages of the store', sum(({ facts }) => facts.storeOutages.length)],
    ['requests approved', outcomes('approved')],
    ['requests denied', outcomes('denied')],
    ['requests expired', outcomes('expired')],
    ['requests withdrawn or superseded', outcomes('withdrawn') + outcomes('superseded')],
    ['calls', sum(({ facts }) => facts.callKeys.length)],
    ['effects', sum(({ facts }) => facts.effects.length)],
    ['effects twice', sum(twice)],
    ['schedules that broke a rule', failed],
  ];
  return { columns: ['what', 'how many'], rows };
}
