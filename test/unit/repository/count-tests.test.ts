/** The counts never look better than the run was: each way a report can lie by omission counts as a failure. */
import { describe, expect, test } from 'vitest';
import { addCounts, countsLine, countVitestReport, readVitestReport } from '../../../scripts/lint/count-tests.ts';

const good = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, success: true };
const count = (changes: Partial<typeof good>, exitCode = 0) =>
  countVitestReport(JSON.stringify({ ...good, ...changes }), exitCode);

describe('countVitestReport', () => {
  test('counts a clean run', () => {
    expect(count({})).toEqual({ passed: 7, failed: 0 });
  });

  test.each([
    ['failed tests', { numFailedTests: 2, success: false }, 1, 2],
    ['a skipped test', { numPendingTests: 1 }, 0, 1],
    ['a todo test', { numTodoTests: 1 }, 0, 1],
    ['an exit code without a failed test', {}, 1, 1],
    ['an unsuccessful run without a failed test', { success: false }, 0, 1],
    ['a run without tests', { numPassedTests: 0 }, 0, 1],
  ])('counts %s as failed', (_name, changes, exitCode, failed) => {
    expect(count(changes, exitCode).failed).toBe(failed);
  });

  test.each(['', 'not json', '[]', '{}', '{"numPassedTests":"7"}'])(
    'counts the unreadable report %j as failed',
    (text) => {
      expect(countVitestReport(text, 0)).toEqual({ passed: 0, failed: 1 });
    },
  );

  test('counts a missing report as failed', () => {
    expect(readVitestReport('/nonexistent/report.json', 0)).toEqual({ passed: 0, failed: 1 });
  });
});

test('the counts line sums and stands alone', () => {
  expect(countsLine(addCounts({ passed: 2, failed: 0 }, { passed: 3, failed: 1 }))).toBe('5 passed, 1 failed');
});
