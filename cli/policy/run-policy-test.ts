/** One run of `policy test`: reads, runs, reports. No cases at all is a failure: it would prove nothing. */
import { writeFile } from 'node:fs/promises';
import { CountersignError } from '../../core/errors.ts';
import { type CasesRun, junitOf, runCases } from '../../policy/cases/index.ts';
import type { CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { countText } from '../show/format.ts';
import { visible } from '../terminal.ts';
import { type LayerFlags, readCasesFiles, readLayers, readPolicyFile, toolsByName } from './read-policy-files.ts';
import { cannotWrite } from './replace-file.ts';

export interface PolicyTestOptions extends LayerFlags {
  readonly cases?: readonly string[] | undefined;
  readonly coverage?: number | undefined;
  readonly junit?: string | undefined;
}

export async function runPolicyTest(
  { terminal, json }: Pick<CommandContext, 'terminal' | 'json'>,
  given: string,
  options: PolicyTestOptions,
): Promise<{ exit: number; files: string[] }> {
  const policy = await readPolicyFile(given);
  const caseFiles = options.cases ?? (policy.casesFile === undefined ? [] : [policy.casesFile]);
  if (caseFiles.length === 0) {
    throw new CountersignError(
      'not-found',
      `Cannot test "${policy.file}": there is no file of cases beside it, expected one; name it with --cases`,
    );
  }
  const cases = await readCasesFiles(caseFiles);
  const run = runCases(await readLayers(policy, options), cases, { tools: toolsByName(policy.tools), now: 0 });
  const failed = run.results.filter(({ passed }) => !passed);
  const tooLittle = run.coverage.percent < (options.coverage ?? 0);
  const toOutput = options.junit === '-';
  if (options.junit !== undefined && !toOutput) await writeReport(options.junit, junitOf(policy.file, run.results));
  const ok = failed.length === 0 && run.results.length > 0 && !tooLittle;
  if (toOutput) terminal.result(junitOf(policy.file, run.results));
  else if (json) terminal.json({ ok, ...asJson(run) });
  else report(terminal, run, options.coverage);
  return { exit: ok ? exitCodes.done : exitCodes.failed, files: [policy.file, ...caseFiles] };
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function asJson({ results, coverage }: CasesRun) {
  return {
    passed: results.filter(({ passed }) => passed).length,
    failed: results.filter(({ passed }) => !passed).length,
    results: results.map(({ case: one, passed, differences, verdict, deciding }) => ({
      name: one.name,
      file: one.file,
      line: one.line,
      passed,
      differences,
      verdict: verdict.verdict,
      rules: verdict.rules.map(({ id }) => id),
      layers: deciding,
    })),
    coverage,
  };
}

function report(
  terminal: CommandContext['terminal'],
  { results, coverage }: CasesRun,
  wanted: number | undefined,
): void {
  for (const { case: one, passed, differences } of results) {
    if (passed) continue;
    terminal.result(`${terminal.style('red', 'FAIL')} ${one.file}:${one.line}: ${visible(one.name)}`);
    for (const difference of differences) terminal.result(`     ${difference}`);
  }
  const uncovered = coverage.rules.filter(({ matched, whenFalse }) => !matched || whenFalse === false);
  for (const { layer, id, matched } of uncovered) {
    const what = matched ? 'its condition was never false' : 'no case matches it';
    terminal.result(`${terminal.style('yellow', 'uncovered')} ${layer === 'pack' ? '' : `${layer}/`}${id}: ${what}`);
  }
  const failed = results.filter(({ passed }) => !passed).length;
  const { rules, rulesCovered, branches, branchesCovered, percent } = coverage;
  terminal.result(
    `${countText(results.length, 'case')}, ${failed} failed; coverage ${percent}% (rules ${rulesCovered}/${rules.length}, branches ${branchesCovered}/${branches})`,
  );
  if (results.length === 0) terminal.result('no cases: nothing was proved');
  if (wanted !== undefined && percent < wanted) terminal.result(`coverage is below ${wanted}%`);
}
