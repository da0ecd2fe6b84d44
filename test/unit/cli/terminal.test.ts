/** Where words go, when they are coloured, and how times, durations and tables look. */
import { describe, expect, test, vi } from 'vitest';
import { changesBetween } from '../../../cli/show/run-changes.ts';
import { durationText, tableLines, timeText } from '../../../cli/show/format.ts';
import { createTerminal, visible } from '../../../cli/terminal.ts';
import { ended, linkRunId, live, runView, unended, waiting } from './views.ts';

function said(isTTY: boolean, environment: Record<string, string> = {}) {
  const text = { stdout: '', stderr: '' };
  const terminal = createTerminal({
    stdout: { isTTY, write: (part) => (text.stdout += part) },
    stderr: { isTTY, write: (part) => (text.stderr += part) },
    environment,
  });
  return { terminal, text };
}

describe('colours', () => {
  test.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
  ] as const)('on a terminal %s with %j: %s', (isTTY, environment, coloured) => {
    const { terminal } = said(isTTY, environment);
    expect(terminal.style('red', 'x') !== 'x').toBe(coloured);
    expect(terminal.talkStyle('red', 'x') !== 'x').toBe(coloured);
  });
});

describe('progress', () => {
  test('is shown on a terminal after a second, and taken away at the end', async () => {
    vi.useFakeTimers();
    try {
      const { terminal, text } = said(true);
      const work = Promise.withResolvers<number>();
      const done = terminal.progress('waiting', work.promise);
      await vi.advanceTimersByTimeAsync(900);
      expect(text.stderr).toBe('');
      await vi.advanceTimersByTimeAsync(1200);
      expect(text.stderr).toContain('waiting 2 s');
      work.resolve(7);
      expect(await done).toBe(7);
      expect(text.stderr.endsWith('\r\u001b[2K')).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test('makes way for a line of talk', async () => {
    vi.useFakeTimers();
    try {
      const { terminal, text } = said(true);
      const work = Promise.withResolvers<void>();
      const done = terminal.progress('waiting', work.promise);
      await vi.advanceTimersByTimeAsync(1200);
      terminal.talk('hello');
      expect(text.stderr).toMatch(/waiting 1 s\r\S+hello\n$/u);
      work.resolve();
      await done;
      expect(text.stderr.endsWith('hello\n')).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test('writes nothing where there is no terminal', async () => {
    vi.useFakeTimers();
    try {
      const { terminal, text } = said(false);
      const work = Promise.withResolvers<number>();
      const done = terminal.progress('waiting', work.promise);
      await vi.advanceTimersByTimeAsync(5000);
      work.resolve(7);
      await done;
      expect(text).toEqual({ stdout: '', stderr: '' });
    } finally {
      vi.useRealTimers();
    }
  });
});

test('what others wrote keeps its lines and loses its control characters', () => {
  expect(visible('a\nb')).toBe('a\nb');
  const shown = visible('a\u001b[31mb\rc');
  for (const control of ['\u001b', '\r']) expect(shown).not.toContain(control);
});

test.each([
  [0, '0 s'],
  [999, '1 s'],
  [61_000, '1 min 1 s'],
  [7_200_000, '2 h'],
  [90_061_000, '1 d 1 h'],
  [-5, '0 s'],
])('%i ms look like %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test('times are UTC to the second', () => {
  expect(timeText(1_772_600_767_123)).toBe('2026-03-04T05:06:07Z');
});

test('columns are as wide as their widest cell, whatever the colours', () => {
  expect(
    tableLines([
      ['a', 'bb', ''],
      ['\u001b[31mccc\u001b[39m', 'd', 'e'],
    ]),
  ).toEqual(['a    bb', '\u001b[31mccc\u001b[39m  d   e']);
});

describe('changes of a run', () => {
  const looked = (changes = {}) => ({ run: runView(), engine: 'running' as const, live: live(changes), ...unended });

  test('that did not change are none', () => {
    expect(changesBetween(waiting(), waiting())).toEqual([]);
  });

  test('name a new turn, a call that moved, a hold and its end', () => {
    const call = { callKey: 'k/1.0', tool: 'restart', state: 'waiting', rule: null };
    expect(
      changesBetween(looked({ calls: [call] }), looked({ turn: 2, hold: 'why', calls: [{ ...call, state: 'done' }] })),
    ).toEqual([
      { kind: 'turn', turn: 2 },
      { kind: 'call', ...call, state: 'done' },
      { kind: 'held', reason: 'why' },
    ]);
    expect(changesBetween(looked({ hold: 'why' }), looked())).toEqual([{ kind: 'resumed' }]);
  });

  test('name a request that is no longer open without saying how it ended: the run does not know', () => {
    const answered = { kind: 'answered', tool: 'restart', request: 'call', outcome: null };
    expect(changesBetween(waiting(), looked())).toMatchObject([answered]);
  });

  test('name the answer before what the run asks next', () => {
    const [asked] = waiting().live?.approvals ?? [];
    const next = { ...asked, nonce: linkRunId };
    const kinds = changesBetween(waiting(), looked({ approvals: [next] })).map(({ kind }) => kind);
    expect(kinds).toEqual(['answered', 'waiting']);
  });

  test('name what a run waited for when it ended since', () => {
    expect(changesBetween(waiting(), ended('refused')).map(({ kind }) => kind)).toEqual(['answered', 'ended']);
  });

  test('name nothing answered while no worker says what is open', () => {
    expect(changesBetween(waiting(), { ...waiting(), live: null })).toEqual([]);
  });

  test('do not say ended before the server does', () => {
    const closing = { ...ended('completed'), engine: 'running' as const, ...unended };
    expect(changesBetween(undefined, closing)).toEqual([]);
    expect(changesBetween(closing, ended('completed'))).toMatchObject([{ kind: 'ended', outcome: 'completed' }]);
  });
});
