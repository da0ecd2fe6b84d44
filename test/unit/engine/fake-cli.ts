/** Fake Temporal CLIs: shell scripts that answer --version, and leave a mark when they are run. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CliFetcher } from '../../../engine/fetch-cli.ts';
import type { CliPins } from '../../../engine/temporal-cli-pins.ts';

export const platform = 'test-x64';

/** A folder that goes when the test has ended. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function fakeCliText(version: string, mark: string): string {
  return `#!/bin/sh\necho run >> '${mark}'\necho 'temporal version ${version} (Server 1.32.0, UI 2.54.1)'\n`;
}

export async function writeProgram(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

export function pinsFor(program: string, version = '1.9.1'): CliPins {
  const programSha256 = createHash('sha256').update(program).digest('hex');
  const pin = { wheelSha256: '0'.repeat(64), programSha256, wheelBytes: program.length };
  return { version, minimumVersion: '1.9.0', platforms: { [platform]: pin } };
}

/** A source that gives this program, or fails with the error; `calls` counts how often it was asked. */
export function fakeFetcher(
  kind: CliFetcher['kind'],
  name: string,
  answer: string | Error,
): CliFetcher & { calls: number } {
  return {
    kind,
    name,
    calls: 0,
    async fetch({ folder }) {
      this.calls += 1;
      if (answer instanceof Error) throw answer;
      const path = join(folder, 'fetched');
      await writeFile(path, answer);
      return path;
    },
  };
}

export function wasRun(mark: string): boolean {
  return existsSync(mark);
}
