/**
 * Mutations of exported runs: one change each, the file signed anew by an insider who holds the export key and no other. Every
 * change is found and named, or it is of a kind that docs/audit-limits.md lists with the reason.
 */
import type { ReplayBundle } from '../../../audit/replay-links.ts';
import { replayBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import type { Campaign, CampaignFailure, CampaignOrder, CampaignResult } from '../campaign.ts';
import { startCampaignEngine } from '../frame/engine.ts';
import { createRandom, type Random } from '../frame/random.ts';
import { drawAddition, drawField, drawMutations, drawWhole, type Fields, fieldsOf, type Mutation } from './draw.ts';
import { judge, type Verdict } from './judge.ts';
import { type AuditLimit, auditLimits, isAt, isOf, limitOf } from './limits.ts';
import { additionChanges, fieldChanges, partChanges } from './mutate.ts';
import { type MutableRun, mutatedBranches, playAndExport } from './runs.ts';

interface Judged {
  mutation: Mutation;
  verdict: Verdict;
  limit: AuditLimit | undefined;
}

export const recordMutations: Campaign = {
  name: 'record-mutations',
  summary: 'each change of an exported run is found and named, or listed as what only the ledger will find',
  unit: 'mutations',
  fullCount: 600,
  run,
};

async function run(order: CampaignOrder): Promise<CampaignResult> {
  const { seed, count, onlyCase } = order;
  const bundle = await replayBundle(bundleFolder);
  const runs = await playRuns(order);
  const failures: CampaignFailure[] = [];
  for (const one of runs) {
    const verdict = await judge(one, one.parts, bundle);
    if (verdict.kind === 'found')
      failures.push({ case: null, what: `unchanged run "${one.name}": ${verdict.name}: ${verdict.words}` });
  }
  const judged: Judged[] = [];
  const random = createRandom(seed);
  const fields = fieldsOf(runs);
  if (onlyCase === undefined)
    failures.push(...(await proveLimits(fields, shareOf(auditLimits, count), random, bundle)));
  for (const mutation of drawMutations(runs, fields, count, random.fork('drawn'))) {
    if (onlyCase !== undefined && mutation.id !== onlyCase) continue;
    const verdict = await judge(mutation.run, mutation.parts, bundle);
    const limit = verdict.kind === 'missed' ? limitOf(mutation) : undefined;
    judged.push({ mutation, verdict, limit });
    if (verdict.kind === 'missed' && !limit)
      failures.push({ case: mutation.id, what: `not found: ${wordsOf(mutation)}` });
    if (judged.length % 100 === 0) order.progress(`${judged.length} of ${count}`);
  }
  return { table: tableOf(judged), failures };
}

/** Of a tenth of the mutations a tenth of the limits is proven, not always the same with every seed. */
function shareOf(limits: readonly AuditLimit[], count: number): number {
  return Math.ceil((limits.length * Math.min(count, recordMutations.fullCount)) / recordMutations.fullCount);
}

/** Some limits hold for one place among many of their name, such as the last answer of a run. */
const mostTries = 80;

/** A limit is one only while a change that it lists is really not found: what is found since then must leave the list. */
async function proveLimits(
  { byName, additions }: Fields,
  share: number,
  random: Random,
  bundle: ReplayBundle,
): Promise<CampaignFailure[]> {
  const failures: CampaignFailure[] = [];
  for (const limit of random.shuffle(auditLimits).slice(0, share)) {
    if (limit.sometimes) continue;
    const own = random.fork(JSON.stringify(limit));
    const targets = [...byName.values()].flat().filter(({ site }) =>
      // A whole part has no field: any field of it leads there.
      isAt(limit, limit.field === '' ? { ...site, field: '' } : site),
    );
    const addable = [...additions.values()]
      .flat()
      .filter(({ addition }) => isOf(limit, { ...addition.site, change: addition.change }));
    let survived = false;
    for (let tried = 0; tried < mostTries && targets.length + addable.length > 0 && !survived; tried += 1) {
      const named = own.pick(limit.changes ?? fieldChanges);
      const isAddition = additionChanges.some((one) => one === named);
      const change = fieldChanges.find((one) => one === named);
      const whole = partChanges.find((one) => one === named);
      const mutation = isAddition
        ? drawAddition(addable, own)
        : targets.length === 0
          ? undefined
          : whole
            ? drawWhole(targets, own, whole)
            : drawField(targets, own, change);
      if (!mutation || limitOf(mutation) !== limit) continue;
      survived = (await judge(mutation.run, mutation.parts, bundle)).kind === 'missed';
    }
    if (!survived)
      failures.push({ case: null, what: `listed, and found all the same: ${limit.where}: ${limit.field}` });
  }
  return failures;
}

async function playRuns(order: CampaignOrder): Promise<MutableRun[]> {
  const engine = await startCampaignEngine(order.folder);
  try {
    const temporal = { address: engine.address, namespace: 'countersign-campaign' };
    const runs: MutableRun[] = [];
    // One after the other: a worker that stops takes the SDK’s runtime with it, also from under a replay.
    for (const name of mutatedBranches) runs.push(await playAndExport(name, temporal));
    order.progress(`${runs.length} runs are played and exported`);
    return runs;
  } finally {
    await engine.stop();
  }
}

function wordsOf({ run: { name }, where, field, change }: Mutation): string {
  return `${change} of ${where}: ${field} (run "${name}")`;
}

function tableOf(judged: readonly Judged[]): CampaignResult['table'] {
  const kinds = [...new Set(judged.map(({ mutation }) => kindOf(mutation)))].toSorted();
  const rows = [...kinds, 'all'].map((kind) => {
    const own = judged.filter(({ mutation }) => kind === 'all' || kindOf(mutation) === kind);
    const by = (name: string): number =>
      own.filter(({ verdict }) => verdict.kind === 'found' && verdict.by === name).length;
    const listed = own.filter(({ limit }) => limit).length;
    const missed = own.filter(({ verdict }) => verdict.kind === 'missed').length - listed;
    return [kind, own.length, by('file'), by('check'), by('replay'), listed, missed];
  });
  const columns = ['what was changed', 'mutations', 'by the reader', 'by a check', 'by the replay', 'listed', 'missed'];
  return { columns, rows };
}

function kindOf({ where }: Mutation): string {
  return where.split(' ').slice(0, 1).join(' ');
}
