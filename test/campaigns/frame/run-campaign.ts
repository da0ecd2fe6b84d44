/**
 * Runs one campaign in a folder of its own and says what came of it. A campaign that breaks has failed; its folder is
 * removed in every case, also when the program is told to end.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign, CampaignFailure, CampaignOrder, CampaignResult, Table } from '../campaign.ts';

export interface CampaignReport {
  name: string;
  summary: string;
  unit: string;
  seed: number;
  count: number;
  fullCount: number;
  durationMs: number;
  table: Table;
  /** With the one command that repeats each. */
  failures: (CampaignFailure & { repeat: string })[];
}

const noTable: Table = { columns: ['nothing was counted'], rows: [] };
const openFolders = new Set<string>();

export async function runCampaign(campaign: Campaign, order: Omit<CampaignOrder, 'folder'>): Promise<CampaignReport> {
  const { seed, count } = order;
  const begin = performance.now();
  const folder = await mkdtemp(join(tmpdir(), `countersign-campaign-${campaign.name}-`));
  openFolders.add(folder);
  let result: CampaignResult;
  try {
    result = await campaign.run({ ...order, folder });
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    result = { table: noTable, failures: [{ case: null, what: `the campaign broke: ${what}` }] };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    openFolders.delete(folder);
  }
  return {
    name: campaign.name,
    summary: campaign.summary,
    unit: campaign.unit,
    seed,
    count,
    fullCount: campaign.fullCount,
    durationMs: Math.round(performance.now() - begin),
    table: result.table,
    failures: result.failures.map((failure) => ({ ...failure, repeat: repeatCommand(campaign, order, failure) })),
  };
}

/** For a program that is about to end without having waited for its campaigns. */
export function removeOpenFolders(): void {
  for (const folder of openFolders) rmSync(folder, { recursive: true, force: true });
}

function repeatCommand(
  { name }: Campaign,
  { seed, count }: Pick<CampaignOrder, 'seed' | 'count'>,
  failure: CampaignFailure,
): string {
  const one = failure.case === null ? '' : ` --case ${failure.case}`;
  return `npm run campaign -- --only ${name} --seed ${seed} --count ${count}${one}`;
}
