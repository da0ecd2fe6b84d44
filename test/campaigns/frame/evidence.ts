/**
 * Writes a campaign's table into docs/evidence.md, between the markers of that campaign, with the command, commit and date
 * that it stands on. It touches nothing outside those markers.
 */
import { tableMarkdown } from './print-table.ts';
import type { CampaignReport } from './run-campaign.ts';

export interface EvidenceOrigin {
  /** With `+changes` where the work tree differs from it. */
  commit: string;
  /** ISO 8601. */
  date: string;
  machine: string;
}

/** @returns the whole text; a campaign without markers is added at the end */
export function withEvidence(text: string, report: CampaignReport, origin: EvidenceOrigin): string {
  const begin = `<!-- campaign:${report.name} -->`;
  const end = `<!-- /campaign:${report.name} -->`;
  const section = `${begin}\n${sectionOf(report, origin)}\n${end}`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) return `${text.trimEnd()}\n\n${section}\n`;
  return text.slice(0, from) + section + text.slice(to + end.length);
}

function sectionOf(report: CampaignReport, { commit, date, machine }: EvidenceOrigin): string {
  const { name, summary, unit, seed, count, durationMs, table, failures } = report;
  const failed = failures.length === 0 ? 'no failure' : `**${failures.length} failures**`;
  const lines = [
    `### ${name}`,
    '',
    summary,
    '',
    `\`npm run campaign -- --only ${name} --seed ${seed} --count ${count}\`: ${count} ${unit} in ${Math.round(durationMs / 1000)} s, ${failed}.`,
    `Commit \`${commit}\`, ${date.slice(0, 10)}, ${machine}.`,
    '',
    tableMarkdown(table),
    ...(failures.length > 0 ? ['', ...failures.map(({ what }) => `- ${firstLine(what)}`)] : []),
  ];
  return lines.join('\n');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
