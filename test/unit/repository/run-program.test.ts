/** A step of the gate ends with its exit code, and a hung one ends with everything it started. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runProgram } from '../../../scripts/lint/run-program.ts';

let folder = '';
const sh = (script: string, deadlineMs = 60_000) =>
  runProgram({ program: 'sh', args: ['-c', script], folder, deadlineMs });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-run-'));
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([0, 1, 7])('gives the exit code %i of a step that ends', async (code) => {
  expect(await sh(`exit ${code}`)).toBe(code);
});

test('counts a step that a signal ended as failed', async () => {
  expect(await sh('kill -9 $$')).toBe(1);
});

test('counts a program that is not there as failed', async () => {
  expect(await runProgram({ program: 'no-such-program', args: [], folder, deadlineMs: 60_000 })).toBe(1);
});

test('ends a hung step with what it started', async () => {
  expect(await sh('tail -f /dev/null & echo $! > pid; wait', 2_000)).toBe(1);
  await expectEnded(Number(readFileSync(join(folder, 'pid'), 'utf8')));
});

test('leaves nothing running behind a step that ended by itself', async () => {
  expect(await sh('tail -f /dev/null & echo $! > pid; exit 0')).toBe(0);
  await expectEnded(Number(readFileSync(join(folder, 'pid'), 'utf8')));
});

test('gives what a step wrote at its end, and waits for nobody who holds its output open', async () => {
  const outputs: string[] = [];
  const script = 'echo one; echo two >&2; tail -f /dev/null & exit 3';
  const step = { program: 'sh', args: ['-c', script], folder, deadlineMs: 60_000 };
  expect(await runProgram({ ...step, onOutput: (text) => outputs.push(text) })).toBe(3);
  expect(outputs.map((text) => text.split('\n').toSorted())).toEqual([['', 'one', 'two']]);
});

/** Ended, or a zombie that its new parent has not read yet. */
async function expectEnded(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  await vi.waitFor(() => expect(stateOf(pid)).toMatch(/^(?:gone|Z)$/u), { timeout: 10_000 });
}

function stateOf(pid: number): string {
  try {
    return /\) (\w)/u.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'gone';
  }
}
