/**
 * Turns a Vitest JSON report into counts. It never trusts a report alone: a missing or unreadable one, one without tests,
 * a skipped test, and a run that exited with an error although no test failed, all count as failures.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** Numbers of tests. */
export type Counts = { readonly passed: number; readonly failed: number };

const reportSchema = z.looseObject({
  numPassedTests: z.number().int().nonnegative(),
  numFailedTests: z.number().int().nonnegative(),
  numPendingTests: z.number().int().nonnegative().describe('skipped'),
  numTodoTests: z.number().int().nonnegative(),
  success: z.boolean(),
});

/** @param exitCode - of the run that wrote the report */
export function readVitestReport(file: string, exitCode: number): Counts {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  return countVitestReport(readFileSync(file, 'utf8'), exitCode);
}

export function countVitestReport(text: string, exitCode: number): Counts {
  const parsed = reportSchema.safeParse(parseJson(text));
  if (!parsed.success) return { passed: 0, failed: 1 };
  const report = parsed.data;
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + report.numPendingTests + report.numTodoTests;
  const unexplained = failed === 0 && (exitCode !== 0 || !report.success || passed === 0);
  return { passed, failed: unexplained ? 1 : failed };
}

export function addCounts(one: Counts, other: Counts): Counts {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed };
}

/** The line that a reader of logs looks for; it stands alone. */
export function countsLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
