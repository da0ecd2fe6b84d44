/**
 * Mutations of shell scripts: commands of the tables and of public data, written differently by several changes on top of each
 * other, each of which leaves what the script does as it is. One that was asked about or denied never becomes silent.
 */
import fc from 'fast-check';
import { readCorpus, textOf } from '../../../bench/guards/parts/read-corpus.ts';
import { classifyShell } from '../../../guards/index.ts';
import { readTables } from '../../../scripts/shell-tables.ts';
import type { Campaign, CampaignFailure, CampaignOrder, CampaignResult } from '../campaign.ts';
import { type Composition, compositions, spelled } from './compositions.ts';

/** fast-check ends a batch at its first failure, cut down to what it needs. */
const batch = 500;

export const shellMutations: Campaign = {
  name: 'shell-mutations',
  summary:
    'a script that is not silent stays so however it is written: quoting, spacing, wrappers, variables, encodings',
  unit: 'scripts',
  fullCount: 40_000,
  run,
};

interface Source {
  name: string;
  scripts: readonly string[];
}

function run({ seed, count, progress }: CampaignOrder): Promise<CampaignResult> {
  const failures: CampaignFailure[] = [];
  const rows: (string | number)[][] = [];
  const sources = sourcesOf();
  const perSource = Math.ceil(count / sources.length);
  for (const { name, scripts } of sources) {
    let made = 0;
    let silent = 0;
    for (let from = 0; from < perSource; from += batch) {
      const numRuns = Math.min(batch, perSource - from);
      const property = fc.property(compositions(scripts), (composition) => !isSilent(spelled(composition)));
      const checked = fc.check(property, { seed: seed + from, numRuns });
      made += checked.numRuns;
      const [composition] = checked.counterexample ?? [];
      if (!composition) continue;
      silent += 1;
      failures.push({ case: null, what: wordsOf(composition) });
    }
    rows.push([name, scripts.length, made, silent]);
    progress(`${name}: ${made}`);
  }
  return Promise.resolve({
    table: { columns: ['scripts of', 'there are', 'written differently', 'silent'], rows },
    failures,
  });
}

function wordsOf(composition: Composition): string {
  const names = composition.mutations.map(({ name }) => name).join(', then ');
  return `${JSON.stringify(composition.script)} is silent when written with ${names}: ${JSON.stringify(spelled(composition))}`;
}

/**
 * Each without those that are silent as they stand: what reads may stay silent. One that ends in a backslash is not finished,
 * and is another script as soon as something follows it.
 */
function sourcesOf(): Source[] {
  const ofTables = readTables().flatMap(({ rows }) => rows.flatMap(({ cases }) => Object.keys(cases)));
  const guarded = readCorpus('destructive-command-guard').filter((row) => row['expected'] === 'deny');
  return [
    { name: 'the tables', scripts: ofTables },
    { name: 'destructive-command-guard', scripts: guarded.map((row) => textOf(row, 'command')) },
    { name: 'nl2bash', scripts: readCorpus('nl2bash').map((row) => textOf(row, 'command')) },
  ].map(({ name, scripts }) => ({
    name,
    scripts: scripts.filter((script) => !script.endsWith('\\') && !isSilent(script)),
  }));
}

function isSilent(script: string): boolean {
  return classifyShell(script).verdict === 'allow';
}
