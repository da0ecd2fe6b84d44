/** Guards in a row: order, failures, time-outs, and what counts as an answer. The cases M1–M8 of the seeds by their ids. */
import { describe, expect, it, test } from 'vitest';
import { within } from '../../../activities/within.ts';
import type { Finding } from '../../../core/contracts/labels.ts';
import { CountersignError } from '../../../core/errors.ts';
import {
  builtInGuards,
  checkGuard,
  defineGuard,
  type Guard,
  guardPoints,
  type GuardSource,
  runGuards,
} from '../../../guards/index.ts';

const finding: Finding = { guard: 'whoever', rule: 'r', severity: 'low', message: 'm' };
const guard = (id: string, check: Guard['check'] = () => [], more: Partial<GuardSource> = {}): Guard =>
  defineGuard({ id, at: ['beforeTool'], check, ...more });
const run = async (guards: Guard[]) => await runGuards(guards, 'beforeTool', { text: 't' }, within);

describe('guards of one point', () => {
  it('M1 port: run in the order of their registration, at their points only', async () => {
    expect(guardPoints).toEqual(['beforeAgent', 'beforeModel', 'afterModel', 'beforeTool', 'afterTool', 'afterAgent']);
    for (const point of guardPoints) {
      const seen: string[] = [];
      const note = (id: string, at: Guard['at']) => guard(id, () => (seen.push(id), []), { at });
      await runGuards(
        [
          note('b', guardPoints),
          note(
            'other',
            guardPoints.filter((one) => one !== point),
          ),
          note('a', [point]),
        ],
        point,
        { text: '' },
        within,
      );
      expect(seen).toEqual(['b', 'a']);
    }
  });

  it('M2 port: the first failure ends them, with its cause', async () => {
    const cause = new Error('why');
    let later = false;
    const result = await run([
      guard('first', () => [finding]),
      guard('broken', () => {
        throw cause;
      }),
      guard('late', () => ((later = true), [])),
    ]);
    expect(result).toMatchObject({ kind: 'failed', guard: 'broken', why: 'threw', cause });
    expect(result.findings).toMatchObject([
      { guard: 'first' },
      { guard: 'broken', rule: 'guard-failed', severity: 'critical' },
    ]);
    expect(later).toBe(false);
    expect(JSON.stringify(result.findings)).not.toContain('why');
  });

  it('M3 port: one that does not end in its time has timed out', async () => {
    const result = await run([guard('slow', async () => await new Promise<never>(() => undefined), { timeoutMs: 1 })]);
    expect(result).toMatchObject({
      kind: 'failed',
      why: 'timed-out',
      findings: [{ rule: 'guard-failed', severity: 'critical' }],
    });
  });

  it('M3 port: one that is cancelled has failed, too', async () => {
    const result = await runGuards([guard('any')], 'beforeTool', { text: '' }, async () => ({ kind: 'cancelled' }));
    expect(result).toMatchObject({ kind: 'failed', why: 'cancelled' });
  });

  it('M4 port: an empty row finds nothing; an unknown point is no guard', async () => {
    expect(await run([])).toEqual({ kind: 'findings', findings: [] });
    expect(() => checkGuard({ id: 'x', at: ['duringTool'], check: () => [] })).toThrow(CountersignError);
    expect(() => checkGuard(undefined)).toThrow(CountersignError);
    expect(() => checkGuard({ id: ' ', at: ['beforeTool'], check: () => [] })).toThrow(/id: small letters/u);
  });

  it.each<[string, GuardSource['at'], number, number]>([
    ['beforeTool', ['beforeTool'], 3500, 3501],
    ['afterTool, with what a tool leaves', ['afterTool'], 10_000, 10_001],
    ['the longest of its points', ['beforeTool', 'beforeModel'], 60_000, 60_001],
  ])('M3: none may take longer than there is at %s', (_name, at, most, more) => {
    expect(guard('slow', () => [], { at, timeoutMs: most }).timeoutMs).toBe(most);
    expect(() => guard('slow', () => [], { at, timeoutMs: more })).toThrow(/guard.*timeoutMs/u);
  });

  it('M6 port: eight at once all run', async () => {
    const ran = new Set<number>();
    await Promise.all(
      Array.from({ length: 8 }, async (_, at) => await run([guard(`g${at}`, () => (ran.add(at), []))])),
    );
    expect(ran.size).toBe(8);
  });

  test.each([
    [undefined],
    [true],
    [{ ok: true }],
    [[{ ...finding, severity: 'none' }]],
    [[{ ...finding, more: 1 }]],
    ['fine'],
  ])('an answer that is no list of findings is a failure: %j', async (answer) => {
    const result = await run([guard('odd', () => answer as unknown as Finding[])]);
    expect(result).toMatchObject({ kind: 'failed', why: 'no-findings' });
  });

  test.each([
    ['ends beyond the text', { start: 0, end: 2 }],
    ['begins beyond it', { start: 5, end: 9 }],
    ['ends before it begins', { start: 1, end: 0 }],
  ])('a finding whose span %s is a failure, which says so', async (_name, span) => {
    const result = await run([guard('odd', () => [{ ...finding, span }])]);
    expect(result).toMatchObject({
      kind: 'failed',
      why: 'no-findings',
      findings: [{ rule: 'guard-failed', message: expect.stringContaining('a span is not within the text') }],
    });
  });

  test.each([
    ['the whole text', { start: 0, end: 1 }],
    ['a place between two letters', { start: 1, end: 1 }],
  ])('a finding of %s is one', async (_name, span) => {
    expect(await run([guard('mine', () => [{ ...finding, span }])])).toMatchObject({ kind: 'findings' });
  });

  it('a guard speaks for itself only', async () => {
    expect((await run([guard('mine', () => [{ ...finding, guard: 'shell' }])])).findings).toMatchObject([
      { guard: 'mine' },
    ]);
  });
});

test('every built-in guard has an id of its own, and a place', () => {
  const ids = builtInGuards.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(builtInGuards.every(({ at, summary }) => at.length > 0 && summary !== '')).toBe(true);
});
