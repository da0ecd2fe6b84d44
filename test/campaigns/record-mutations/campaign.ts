/**
 * Mutations of exported runs: one change each, the file signed anew by an insider who holds the export key and no other. Every
 * change is found and named, or it is of a kind that docs/audit-limits.md lists with the reason.
 */
import { replayBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import type { Campaign, CampaignFailure, CampaignOrder, CampaignResult } from '../campaign.ts';
import { startCampaignEngine } from '../frame/engine.ts';
import { createRandom } from '../frame/random.ts';
import { type Mutation, drawMutations } from './draw.ts';
import { judge, type Verdict } from './judge.ts';
import { type AuditLimit, auditLimits, limitOf } from './limits.ts';
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
  fullCount: 1000,
  run,
};

async function run(order: CampaignOrder): Promise<CampaignResult> {
  const { seed, count, onlyCase } = order;
  const bundle = await replayBundle(bundleFolder);
  const runs = await playRuns(order);
  const failures: CampaignFailure[] = [];
  for (const one of runs) {
    const verdict = await judge(one, one.parts, bundle);
    if (verdict.kind === 'found') failures.push({ case: null, what: `unchanged run "${one.name}": ${verdict.words}` });
  }
  const judged: Judged[] = [];
  for (const mutation of drawMutations(runs, count, createRandom(seed))) {
    if (onlyCase !== undefined && mutation.id !== onlyCase) continue;
    const verdict = await judge(mutation.run, mutation.parts, bundle);
    const limit = verdict.kind === 'missed' ? limitOf(mutation) : undefined;
    judged.push({ mutation, verdict, limit });
    if (verdict.kind === 'missed' && !limit)
      failures.push({ case: mutation.id, what: `not found: ${wordsOf(mutation)}` });
    if (judged.length % 100 === 0) order.progress(`${judged.length} of ${count}`);
  }
  const hit = new Set(judged.flatMap(({ limit }) => limit ?? []));
  // A tenth does not reach every field.
  if (count >= recordMutations.fullCount && onlyCase === undefined) {
    for (const limit of auditLimits) {
      if (!hit.has(limit)) failures.push({ case: null, what: `listed and never met: ${limit.where}: ${limit.field}` });
    }
  }
  return { table: tableOf(judged), failures };
}

async function playRuns(order: CampaignOrder): Promise<MutableRun[]> {
  const engine = await startCampaignEngine(order.folder);
  try {
    const temporal = { address: engine.address, namespace: 'countersign-campaign' };
    const runs = await Promise.all(mutatedBranches.map((name) => playAndExport(name, temporal)));
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
