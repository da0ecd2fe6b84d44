/**
 * kill -9 of worker, gateway, engine or all of them, again and again, while scripted runs read, act, ask, wait and work side
 * by side. Judged at an outside service that counts, at the database and at the record; and the same loop on bare Temporal.
 */
import { join } from 'node:path';
import type { Campaign, CampaignFailure, CampaignOrder, CampaignResult, Table } from '../campaign.ts';
import { chooseCases } from '../frame/choose-cases.ts';
import { createRandom } from '../frame/random.ts';
import { type BareOutcome, runBare } from './bare.ts';
import { type GovernedOutcome, runGoverned } from './governed.ts';
import { areInVain } from './kills.ts';
import { effectsPerRun, isEffect, scriptRun } from './script.ts';

const fullKills = 200;
const fullRuns = 64;
const fewestRuns = 8;
/** The bare loop is over soon: this part of the kills is enough to show what they do to it. */
const bareShare = 0.06;
const fewestBareKills = 3;

export const crashes: Campaign = {
  name: 'crashes',
  summary:
    'kill -9 of worker, gateway, engine or all: no effect twice, no decision or vote lost, every run ends, every record verifies.',
  unit: 'kills',
  fullCount: fullKills,
  async run(order) {
    chooseCases(order, []);
    const random = createRandom(order.seed);
    const runs = Math.min(fullRuns, Math.max(fewestRuns, Math.round((fullRuns * order.count) / fullKills)));
    const scripts = Array.from({ length: runs }, (_, index) => scriptRun(index, random.fork(`script ${index}`)));
    const bareKills = Math.max(fewestBareKills, Math.round(order.count * bareShare));
    order.progress(`${runs} runs in two worlds, and beside them on bare Temporal, which is killed ${bareKills} times`);
    const [bare, ...halves] = await Promise.all([
      runBare(order, scripts, bareKills, random.fork('bare kills')),
      ...[0, 1].map((half) => {
        const folder = join(order.folder, `world-${half + 1}`);
        const count = half === 0 ? Math.ceil(order.count / 2) : Math.floor(order.count / 2);
        const progress = (line: string): void => order.progress(`world ${half + 1}: ${line}`);
        const own = scripts.filter((_, index) => index % 2 === half);
        return runGoverned({ ...order, folder, count, progress }, own, random.fork(`kills ${half}`));
      }),
    ]);
    const governed = merge(halves);
    return { table: tableOf(order, runs, governed, bare), failures: failuresOf(governed) };
  },
};

/** Two of the whole product side by side, and the bare loop: most of the time is spent waiting for somebody's time-out. */
function merge(outcomes: readonly GovernedOutcome[]): GovernedOutcome {
  const sum = (of: (outcome: GovernedOutcome) => number): number => outcomes.reduce((all, one) => all + of(one), 0);
  const all = (of: (outcome: GovernedOutcome) => string[]): string[] => outcomes.flatMap(of);
  return {
    killed: {
      byKind: {
        worker: sum((one) => one.killed.byKind.worker),
        gateway: sum((one) => one.killed.byKind.gateway),
        engine: sum((one) => one.killed.byKind.engine),
        all: sum((one) => one.killed.byKind.all),
      },
      hits: sum((one) => one.killed.hits),
      afterEffect: sum((one) => one.killed.afterEffect),
      quiet: sum((one) => one.killed.quiet),
      spentMs: {
        waiting: sum((one) => one.killed.spentMs.waiting),
        restarting: sum((one) => one.killed.spentMs.restarting),
      },
    },
    effects: {
      expected: sum((one) => one.effects.expected),
      happened: sum((one) => one.effects.happened),
      twice: all((one) => one.effects.twice),
      missing: all((one) => one.effects.missing),
      againstDenial: all((one) => one.effects.againstDenial),
    },
    doubts: {
      all: sum((one) => one.doubts.all),
      happened: sum((one) => one.doubts.happened),
      didNotHappen: sum((one) => one.doubts.didNotHappen),
      unsettled: all((one) => one.doubts.unsettled),
    },
    decisions: { seen: sum((one) => one.decisions.seen), lost: all((one) => one.decisions.lost) },
    votes: { accepted: sum((one) => one.votes.accepted), lost: all((one) => one.votes.lost) },
    queries: sum((one) => one.queries),
    notCompleted: all((one) => one.notCompleted),
    notVerified: all((one) => one.notVerified),
  };
}

function tableOf(order: CampaignOrder, runs: number, governed: GovernedOutcome, bare: BareOutcome): Table {
  const killsOf = ({ killed: { byKind } }: GovernedOutcome | BareOutcome): string =>
    `${byKind.worker} + ${byKind.gateway} + ${byKind.engine} + ${byKind.all}`;
  const none = '–';
  const { doubts, decisions, votes } = governed;
  const rows: CampaignResult['table']['rows'] = [
    ['runs', runs, runs],
    ['runs that did not end as they should', governed.notCompleted.length, bare.notCompleted],
    ['kills of worker + gateway + engine + all', killsOf(governed), killsOf(bare)],
    ['of them while a run was open', governed.killed.hits, bare.killed.hits],
    ['of them right after an effect', governed.killed.afterEffect, bare.killed.afterEffect],
    ['of them while everything waited for a time-out', governed.killed.quiet, bare.killed.quiet],
    [
      `effects wanted (${effectsPerRun} a run are no idempotent ones)`,
      governed.effects.expected,
      bare.effects.expected,
    ],
    ['effects that happened', governed.effects.happened, bare.effects.happened],
    ['effects twice or more', governed.effects.twice.length, bare.effects.twice.length],
    ['of them of tools that are not idempotent', twiceOf(governed), twiceOf(bare)],
    ['effects that should have happened and did not', governed.effects.missing.length, bare.effects.missing.length],
    ['effects that a person had denied', governed.effects.againstDenial.length, 'nobody is asked'],
    ['decisions seen at a kill / lost', `${decisions.seen} / ${decisions.lost.length}`, none],
    ['votes accepted / lost', `${votes.accepted} / ${votes.lost.length}`, none],
    ['queries answered meanwhile', governed.queries, none],
    ['executions in doubt, called unknown', doubts.all, none],
    ['probe: happened / did not happen', `${doubts.happened} / ${doubts.didNotHappen}`, none],
    ['doubts not settled by the probe, or wrongly', doubts.unsettled.length, none],
    ['records that do not verify', governed.notVerified.length, none],
  ];
  return { columns: ['what', 'governed', 'bare Temporal'], rows };
}

function twiceOf({ effects }: GovernedOutcome | BareOutcome): number {
  return effects.twice.filter((key) => isEffect(key.split(' ', 1)[0] ?? '')).length;
}

/** The bare loop is not on trial. */
function failuresOf({ killed, effects, doubts, decisions, votes, notCompleted, notVerified }: GovernedOutcome) {
  const failures: [string, readonly string[]][] = [
    ['effects happened twice', effects.twice],
    ['effects did not happen', effects.missing],
    ['effects happened that were denied', effects.againstDenial],
    ['decisions were lost', decisions.lost],
    ['votes were lost', votes.lost],
    ['doubts were not settled by the probe', doubts.unsettled],
    ['runs did not end as they should', notCompleted],
    ['records do not verify', notVerified],
    ['no kill met an open run', killed.hits > 0 ? [] : ['0 hits']],
    ['no kill came right after an effect', areInVain(killed) ? ['0 of those that were aimed'] : []],
  ];
  return failures
    .filter(([, found]) => found.length > 0)
    .map(
      ([what, found]): CampaignFailure => ({
        case: null,
        what: `${found.length} ${what}: ${found.slice(0, 20).join(', ')}`,
      }),
    );
}
