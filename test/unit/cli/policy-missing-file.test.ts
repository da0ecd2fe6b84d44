/** `countersign policy check` of a file that is not there: the exit code of what does not exist, unless another file is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from './run-cli.ts';

test('a missing file is not found, and a policy that does not load is the worse news', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-policy-missing-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [good, bad, none] = ['good.yaml', 'bad.yaml', 'none.yaml'].map((name) => join(folder, name));
  writeFileSync(good ?? '', 'version: 1\nrules: [{ id: reads, effect: allow, tools: ["*"], reason: r }]\n');
  writeFileSync(bad ?? '', 'version: 2\n');
  const { exit, stdout } = await runCli(['policy', 'check', good ?? '', none ?? '']);
  expect([exit, stdout]).toEqual([3, expect.stringContaining('none.yaml')]);
  expect((await runCli(['policy', 'check', bad ?? '', none ?? ''])).exit).toBe(2);
});
