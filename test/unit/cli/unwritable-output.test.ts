/** A result that cannot be written is said, and is no success: in a process of its own, whose standard output is full. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

test.each([['--json'], []])('a full disk under %s', (...options) => {
  const full = openSync('/dev/full', 'w');
  try {
    const line = ['--conditions=countersign-source', program, 'guards', 'list', ...options];
    const { status, stderr } = spawnSync(process.execPath, line, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('Cannot write the result: ENOSPC');
  } finally {
    closeSync(full);
  }
});
