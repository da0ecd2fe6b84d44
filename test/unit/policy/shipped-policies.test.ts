/** Every policy in policies/ loads, has cases beside it that reach every rule and branch, is in the one form, and is in the cookbook. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shellReaders } from '../../../guards/index.ts';
import { readCases, runCases } from '../../../policy/cases/index.ts';
import { formatPolicy, formatProblem, type LayerPolicy, loadPolicy } from '../../../policy/index.ts';

const root = join(import.meta.dirname, '../../..');
const files = readdirSync(join(root, 'policies'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml') && !file.endsWith('.cases.yaml'))
  .toSorted();
const page = readFileSync(join(root, 'docs/policy-cookbook.md'), 'utf8');
const read = (file: string) => readFileSync(join(root, 'policies', file), 'utf8');

describe('shipped policies', () => {
  it('are those of the cookbook', () => {
    const named = [...page.matchAll(/\(\.\.\/policies\/([a-z/-]+\.yaml)\)/gu)].map(([, file]) => String(file));
    named.sort((a, b) => (a < b ? -1 : 1));
    expect(named).toEqual(files);
    expect(files.length).toBeGreaterThan(8);
  });

  it.each(files)('%s passes its cases, which reach every rule and branch', (file) => {
    const policy = loadPolicy(read(file), file, shellReaders);
    const cases = readCases(read(file.replace('.yaml', '.cases.yaml')), file);
    expect([policy, cases].flatMap((one) => (one.kind === 'invalid' ? one.problems.map(formatProblem) : []))).toEqual(
      [],
    );
    if (policy.kind === 'invalid' || cases.kind === 'invalid') return;
    const layer: LayerPolicy = { layer: 'pack', name: 'ops', digest: 'd', policy: policy.policy };
    const { results, coverage } = runCases([layer], cases.cases, { now: 0 });
    expect(results.flatMap((one) => one.differences.map((said) => `${one.case.name}: ${said}`))).toEqual([]);
    expect(coverage.percent).toBe(100);
    expect(formatPolicy(read(file), file)).toEqual({ kind: 'text', text: read(file) });
  });
});
