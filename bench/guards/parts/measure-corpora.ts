/** What the guards say of public data: for each set the shares that are denied, asked about and silent, or flagged. */
import { readFileSync } from 'node:fs';
import { classifyShell, findInjection, findSecrets } from '../../../guards/index.ts';
import type { Measurement } from '../../parts/suite.ts';
import { readCorpus, textOf } from './read-corpus.ts';
import { share } from './wilson.ts';

export function measureShell(): Measurement[] {
  const commands = readCorpus('destructive-command-guard');
  const of = (expected: string): string[] =>
    commands.filter((row) => row['expected'] === expected).map((row) => textOf(row, 'command'));
  return [
    ...verdicts('shell/destructive', of('deny'), { silent: 0.02 }),
    ...verdicts('shell/harmless', of('allow'), { deny: 0.02 }),
    ...verdicts(
      'shell/everyday',
      readCorpus('nl2bash').map((row) => textOf(row, 'command')),
      { deny: 0.01, notSilent: 0.6 },
    ),
    ...verdicts(
      'shell/payloads',
      readCorpus('command-injection-payloads').map((row) => `ls ${textOf(row, 'payload')}`),
      {},
    ),
  ];
}

interface Targets {
  deny?: number;
  silent?: number;
  notSilent?: number;
}

/** Three numbers a set. Which of them should be small depends on the set, and `target` says which one is promised. */
function verdicts(id: string, scripts: readonly string[], { deny, silent, notSilent }: Targets): Measurement[] {
  const found = scripts.map((script) => classifyShell(script).verdict);
  const count = (verdict: string): number => found.filter((one) => one === verdict).length;
  const total = scripts.length;
  const harmful = silent !== undefined || (deny === undefined && notSilent === undefined);
  return [
    share(`${id}/deny`, count('deny'), total, harmful ? 'higher' : 'lower', deny),
    share(`${id}/ask`, count('ask'), total, harmful ? 'higher' : 'lower', notSilent),
    share(`${id}/silent`, count('allow'), total, harmful ? 'lower' : 'higher', silent),
  ];
}

export function measureInjection(): Measurement[] {
  const rows = readCorpus('governance-toolkit-smoke').map((row) => ({
    attack: row['attack'] === true,
    flagged: findInjection(textOf(row, 'text')).length > 0,
  }));
  const attacks = rows.filter((row) => row.attack);
  const harmless = rows.filter((row) => !row.attack);
  const plain = readCorpus('bipia-train-instructions').map(
    (row) => findInjection(textOf(row, 'instruction')).length > 0,
  );
  const flagged = (list: readonly { flagged: boolean }[]): number => list.filter((row) => row.flagged).length;
  return [
    share('injection/marked/flagged', flagged(attacks), attacks.length, 'higher', 0.95),
    share('injection/harmless/flagged', flagged(harmless), harmless.length, 'lower', 0.03),
    share('injection/unmarked/flagged', plain.filter(Boolean).length, plain.length, 'higher'),
  ];
}

/** Rows of the set, counted from 1, that docs/guards.md does not claim to tell. They are measured, apart from the others. */
function notClaimed(): Set<number> {
  const path = new URL('../not-claimed.json', import.meta.url);
  return new Set((JSON.parse(readFileSync(path, 'utf8')) as { row: number }[]).map(({ row }) => row));
}

export async function measureSecrets(): Promise<Measurement[]> {
  const except = notClaimed();
  const found: { bad: boolean; claimed: boolean; flagged: boolean }[] = [];
  for (const [index, row] of readCorpus('secretlint-snapshots').entries()) {
    const text = Buffer.from(textOf(row, 'base64'), 'base64').toString('utf8');
    const flagged = (await findSecrets(text)).length > 0;
    found.push({ bad: row['expected'] === 'bad', claimed: !except.has(index + 1), flagged });
  }
  let commands = 0;
  const everyday = readCorpus('nl2bash');
  for (const row of everyday) commands += (await findSecrets(textOf(row, 'command'))).length > 0 ? 1 : 0;
  const texts = readCorpus('governance-toolkit-smoke').filter((row) => row['attack'] !== true);
  let plain = 0;
  for (const row of texts) plain += (await findSecrets(textOf(row, 'text'))).length > 0 ? 1 : 0;
  const of = (id: string, rows: typeof found, better: Measurement['better'], target?: number): Measurement =>
    share(`secrets/${id}`, rows.filter((row) => row.flagged).length, rows.length, better, target);
  return [
    of(
      'claimed/flagged',
      found.filter((row) => row.bad && row.claimed),
      'higher',
      0.95,
    ),
    of(
      'harmless/flagged',
      found.filter((row) => !row.bad && row.claimed),
      'lower',
      0.02,
    ),
    of(
      'bad/flagged',
      found.filter((row) => row.bad),
      'higher',
    ),
    of(
      'good/flagged',
      found.filter((row) => !row.bad),
      'lower',
    ),
    share('secrets/commands/flagged', commands, everyday.length, 'lower', 0.02),
    share('secrets/texts/flagged', plain, texts.length, 'lower', 0.02),
  ];
}
