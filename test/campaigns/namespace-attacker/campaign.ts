/**
 * A program with write access to the Temporal namespace and no keys tries everything that such a program can. Each attempt is
 * one named case (`cases/`); how they are judged is in `oracles.ts`.
 */
import type { Campaign } from '../campaign.ts';
import { startCampaignEngine } from '../frame/engine.ts';
import { createRandom } from '../frame/random.ts';
import type { AttackCase } from './case.ts';
import { cases } from './cases/index.ts';
import { type CaseResult, runCase } from './run-case.ts';
import { type Stage, startStage } from './stage.ts';

/** Most of a case is waiting for somebody's time-out. */
const atOnce = 8;

export const namespaceAttacker: Campaign = {
  name: 'namespace-attacker',
  summary:
    'A client of the namespace without keys starts nothing that no signed decision names, leaves no run stuck, and what it did shows.',
  unit: 'attacks',
  fullCount: cases.length,
  async run(order) {
    const { seed, count, onlyCase, folder } = order;
    const chosen = onlyCase === undefined ? choose(seed, count) : cases.filter(({ id }) => isMeant(id, onlyCase));
    if (chosen.length === 0) throw new Error(`there is no case "${onlyCase}", expected one of the campaign's`);
    const engine = await startCampaignEngine(folder);
    let results: CaseResult[];
    try {
      const stage = await startStage({ address: engine.address, namespace: engine.namespace });
      try {
        results = await runAll(stage, chosen, (line) => order.progress(line));
      } finally {
        await stage.stop();
      }
    } finally {
      await engine.stop();
    }
    return {
      table: {
        columns: ['case', 'what the attacker does', 'the run ends by', 'effects', 'replay says'],
        rows: results.map(({ attackCase, shown }) => {
          const { id, attack, ends, effects } = attackCase;
          return [id, attack, ends, effects, shown];
        }),
      },
      failures: results.flatMap(({ attackCase, problems }) =>
        problems.map((problem) => ({ case: attackCase.id, what: `${attackCase.id}: ${problem}` })),
      ),
    };
  },
};

/** Ids between commas; with `*` at its end one stands for all that begin so. */
function isMeant(id: string, wanted: string): boolean {
  return wanted.split(',').some((one) => (one.endsWith('*') ? id.startsWith(one.slice(0, -1)) : id === one));
}

/** In the order of the list, so that the table reads by kind. */
function choose(seed: number, count: number): AttackCase[] {
  const chosen = new Set(createRandom(seed).shuffle(cases).slice(0, count));
  return cases.filter((one) => chosen.has(one));
}

async function runAll(
  stage: Stage,
  chosen: readonly AttackCase[],
  progress: (line: string) => void,
): Promise<CaseResult[]> {
  const results = new Map<AttackCase, CaseResult>();
  // A flood keeps the worker busy that all share: last, and one at a time.
  const floods = chosen.filter(({ flood }) => flood === true);
  const waiting = chosen.filter(({ flood }) => flood !== true);
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const result = await runCase(stage, next);
      results.set(next, result);
      const word = result.problems.length === 0 ? 'held' : `FAILED (${result.problems.join('; ')})`;
      progress(`${results.size}/${chosen.length} ${next.id} ${word} ${Math.round(result.durationMs / 100) / 10} s`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  waiting.push(...floods);
  await lane();
  return chosen.flatMap((one) => results.get(one) ?? []);
}
