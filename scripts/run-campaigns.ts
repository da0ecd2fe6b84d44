/**
 * `npm run campaign`: runs campaigns one after the other, prints what each counted, and ends with 1 when any found a
 * failure. With `--evidence` the tables are written into docs/evidence.md together with what they stand on.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type EvidenceOrigin, withEvidence } from '../test/campaigns/frame/evidence.ts';
import { tableText } from '../test/campaigns/frame/print-table.ts';
import { type CampaignReport, removeOpenFolders, runCampaign } from '../test/campaigns/frame/run-campaign.ts';
import { campaigns } from '../test/campaigns/index.ts';
import { type CampaignOptions, help, readOptions, UsageError } from './campaigns/campaign-options.ts';
import { repositoryRoot } from './lint/repository-files.ts';

const evidenceFile = join(repositoryRoot, 'docs', 'evidence.md');
for (const [signal, exit] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(exit));
}
// However it ends: also by a fault of the campaign itself.
process.once('exit', removeOpenFolders);

try {
  const read = readOptions(process.argv.slice(2), campaigns);
  if (read.kind === 'help') console.log(help);
  else if (read.kind === 'list') list();
  else await run(read.options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function run(options: CampaignOptions): Promise<void> {
  const reports: CampaignReport[] = [];
  const origin = originOf();
  for (const campaign of options.chosen) {
    const { seed, onlyCase } = options;
    const count = options.countOf(campaign);
    const begin = performance.now();
    const progress = (line: string): void =>
      console.error(
        `${campaign.name} ${String(Math.round((performance.now() - begin) / 1000)).padStart(4)} s  ${line}`,
      );
    if (!options.json) console.log(`\n${campaign.name}: ${campaign.summary}`);
    progress(`${count} ${campaign.unit}, seed ${seed}`);
    const report = await runCampaign(campaign, { seed, count, onlyCase, progress });
    reports.push(report);
    if (!options.json) print(report);
    if (options.evidence) writeEvidence(report, origin);
  }
  if (options.json) console.log(JSON.stringify({ ...origin, campaigns: reports }, null, 2));
  else console.log(`\n${sumOf(reports)}`);
  process.exitCode = reports.every(({ failures }) => failures.length === 0) ? 0 : 1;
  // What a broken campaign left open must not keep a finished program alive.
  process.exit();
}

function print({ seed, count, unit, durationMs, table, failures }: CampaignReport): void {
  console.log(`${count} ${unit}, seed ${seed}, ${Math.round(durationMs / 1000)} s\n\n${tableText(table)}`);
  for (const { what, repeat } of failures) console.log(`\nFAILED ${what}\n  repeat: ${repeat}`);
}

function sumOf(reports: readonly CampaignReport[]): string {
  const failures = reports.flatMap((report) => report.failures);
  const seconds = Math.round(reports.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000);
  return `${reports.length} campaigns in ${seconds} s, ${failures.length} failures`;
}

function list(): void {
  const rows = campaigns.map(({ name, fullCount, unit, summary }) => [name, fullCount, unit, summary]);
  console.log(tableText({ columns: ['campaign', 'full count', 'unit', 'what it proves'], rows }));
}

function writeEvidence(report: CampaignReport, origin: EvidenceOrigin): void {
  writeFileSync(evidenceFile, withEvidence(readFileSync(evidenceFile, 'utf8'), report, origin));
}

/** Evidence itself is no change: it is written by what it is evidence of. */
function originOf(): EvidenceOrigin {
  const commit = git(['rev-parse', '--short=12', 'HEAD']) || 'unknown';
  const changed = git(['status', '--porcelain', '--', '.', ':!docs/evidence.md']) !== '';
  const machine = `${availableParallelism()} cores, Node ${process.versions.node}, ${process.platform}`;
  return { commit: changed ? `${commit}+changes` : commit, date: new Date().toISOString(), machine };
}

function git(parameters: string[]): string {
  return spawnSync('git', parameters, { cwd: repositoryRoot, encoding: 'utf8' }).stdout?.trim() ?? '';
}
