/**
 * The one gate. `check` runs the static steps, two at a time, and the tests that need no server, `test` adds the server tests, `sandbox`
 * runs what needs root. Every step runs even when an earlier one failed, and the last line on stdout is the sum of all
 * test reports, `N passed, N failed`; a step that fails, crashes, skips a test or finds none counts as a failure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCounts, countsLine, readVitestReport, type Counts } from './lint/count-tests.ts';
import { repositoryRoot } from './lint/repository-files.ts';
import { runProgram } from './lint/run-program.ts';

// Generous for two cores; together they keep a hung test from costing more than a red gate.
const minuteMs = 60_000;
const staticSteps = ['check:types', 'check:lint', 'check:imports', 'check:format', 'check:unused'];
const serverlessProjects = ['unit', 'unit-shared', 'workflow', 'replay'];
const gates: ReadonlyMap<string, { readonly steps: readonly string[]; readonly projects: readonly string[] }> = new Map(
  [
    ['check', { steps: staticSteps, projects: serverlessProjects }],
    ['test', { steps: staticSteps, projects: [...serverlessProjects, 'server'] }],
    ['sandbox', { steps: [], projects: ['sandbox'] }],
  ],
);

const name = process.argv[2] ?? '';
const gate = gates.get(name);
if (!gate) throw new Error(`Cannot run gate "${name}": unknown, expected one of ${[...gates.keys()].join(', ')}`);

const reports = mkdtempSync(join(tmpdir(), 'countersign-reports-'));
let total: Counts = { passed: 0, failed: 0 };
const summary: string[] = [];
try {
  const codeByStep = new Map<string, number>();
  const waiting = [...gate.steps];
  const runSteps = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      codeByStep.set(step, await runStatic(step));
    }
  };
  await Promise.all([runSteps(), runSteps()]);
  for (const step of gate.steps) {
    const code = codeByStep.get(step) ?? 1;
    total = addCounts(total, { passed: 0, failed: code === 0 ? 0 : 1 });
    summary.push(`${step}: ${code === 0 ? 'ok' : `failed with exit code ${code}`}`);
  }
  for (const project of gate.projects) {
    const report = join(reports, `${project}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await run(
      'vitest',
      ['run', '--project', project, ...reporters],
      project === 'server' ? 25 * minuteMs : 12 * minuteMs,
    );
    const counts = readVitestReport(report, code);
    total = addCounts(total, counts);
    summary.push(`${project}: ${countsLine(counts)}`);
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}
console.log(`\n${summary.join('\n')}\n${countsLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** Its heading and all it wrote, once it has ended: another step runs beside it. */
async function runStatic(step: string): Promise<number> {
  const onOutput = (text: string): void => console.log(`\n> npm run --silent ${step}\n${text.trimEnd()}`);
  const args = ['run', '--silent', step];
  return await runProgram({ program: 'npm', args, folder: repositoryRoot, deadlineMs: 5 * minuteMs, onOutput });
}

function run(program: string, args: readonly string[], deadlineMs: number): Promise<number> {
  console.log(`\n> ${program} ${args.filter((part) => !part.includes(reports)).join(' ')}`);
  return runProgram({ program, args, folder: repositoryRoot, deadlineMs });
}
