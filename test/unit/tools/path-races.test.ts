/**
 * A process that swaps folders and files for links, as fast as it can, while a tool opens them (R1, R2, S8, T8): whatever the
 * tool gets was below its folder, and nothing outside is read or written.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openInFolder, readTextInFolder } from '../../../tools/path-in-folder.ts';
import { ToolFailure } from '../../../tools/tool-failure.ts';

/** The tool's tries go on until both have been seen so often, or so many were made. */
const wantedOfEach = 100;
const mostTries = 20_000;

/** Each step is one call of the kernel; between any two of them the tool may look. */
const swaps = {
  'a folder on the way for a link': `
    step(() => fs.renameSync('work/logs', 'work/aside'));
    step(() => fs.symlinkSync(outside + '/trap', 'work/logs'));
    step(() => fs.unlinkSync('work/logs'));
    step(() => fs.renameSync('work/aside', 'work/logs'));`,
  'a folder on the way for the one outside': `
    step(() => fs.renameSync('work/logs', 'aside'));
    step(() => fs.symlinkSync('../trap', 'work/logs'));
    step(() => fs.rmSync('work/logs'));
    step(() => fs.renameSync('aside', 'work/logs'));`,
  'the file for a link': `
    step(() => fs.renameSync('work/logs/a.log', 'work/aside.log'));
    step(() => fs.symlinkSync(outside + '/trap/a.log', 'work/logs/a.log'));
    step(() => fs.unlinkSync('work/logs/a.log'));
    step(() => fs.renameSync('work/aside.log', 'work/logs/a.log'));`,
  'the file for a second name of one outside': `
    step(() => fs.renameSync('work/logs/a.log', 'work/aside.log'));
    step(() => fs.linkSync('trap/a.log', 'work/logs/a.log'));
    step(() => fs.unlinkSync('work/logs/a.log'));
    step(() => fs.renameSync('work/aside.log', 'work/logs/a.log'));`,
} as const;

let outside: string;
let folder: string;
let racer: ChildProcess | undefined;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'races-'));
  folder = join(outside, 'work');
  mkdirSync(join(folder, 'logs'), { recursive: true });
  mkdirSync(join(outside, 'trap'));
  writeFileSync(join(outside, 'trap', 'a.log'), 'secret');
  writeFileSync(join(folder, 'logs', 'a.log'), 'line');
});
afterEach(async () => {
  if (racer && racer.exitCode === null) {
    racer.kill('SIGKILL');
    await once(racer, 'close');
  }
  rmSync(outside, { recursive: true, force: true });
});

async function race(swap: string): Promise<void> {
  const code = `const fs = require('node:fs'); const outside = process.argv[1]; process.chdir(outside);
    // The tool may have made the file that was away; the next round goes on from there.
    const step = (take) => { try { take(); } catch {} };
    fs.writeSync(1, 'ready');
    for (;;) {${swap}
    }`;
  racer = spawn(process.execPath, ['-e', code, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (racer.stdout) await once(racer.stdout, 'data');
}

/** @param look one try: what it got, or undefined where it was refused */
async function tries(look: () => Promise<string>): Promise<{ got: Set<string>; opened: number; refused: number }> {
  const got = new Set<string>();
  let opened = 0;
  let refused = 0;
  for (let at = 0; at < mostTries && (opened < wantedOfEach || refused < wantedOfEach); at += 1) {
    try {
      got.add(await look());
      opened += 1;
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error;
      refused += 1;
    }
  }
  return { got, opened, refused };
}

describe.each(Object.entries(swaps))('while another process swaps %s', (_, swap) => {
  test('nothing outside the folder is read', async () => {
    await race(swap);
    const { got, opened, refused } = await tries(() => readTextInFolder(folder, 'logs/a.log'));
    expect([...got]).toEqual(['line']);
    expect(Math.min(opened, refused)).toBeGreaterThan(0);
  });

  test('nothing outside the folder is written', async () => {
    await race(swap);
    const { opened, refused } = await tries(async () => {
      const file = await openInFolder(folder, 'logs/a.log', 'append');
      try {
        await file.write('more');
        return 'written';
      } finally {
        await file.close();
      }
    });
    expect(Math.min(opened, refused)).toBeGreaterThan(0);
    expect(readFileSync(join(outside, 'trap', 'a.log'), 'utf8')).toBe('secret');
  });
});
