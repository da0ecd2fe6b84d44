import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { digestText } from '../../../core/digest.ts';
import { CountersignError } from '../../../core/errors.ts';
import { formatPackProblem, loadPack, publishPack, readPack } from '../../../packs/load-pack.ts';
import { moduleDigestOf } from '../../../packs/module-digest.ts';

const original = join(import.meta.dirname, 'ops');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pack-'));
  cpSync(original, folder, { recursive: true });
  symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const change = (file: string, from: string | RegExp, to: string) => {
  const path = join(folder, file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
};
const problemsOf = async () => {
  const read = await readPack(folder);
  return read.kind === 'invalid' ? read.problems.map(formatPackProblem) : [];
};
const digest = async () => {
  const found = await moduleDigestOf(folder);
  return found.kind === 'digest' ? found.digest : found.problems.map(formatPackProblem).join();
};

describe('loadPack', () => {
  test('gives body, policy and only the tools that agent.yaml names', async () => {
    const pack = await loadPack(original);
    expect(pack.tools.list().map(({ definition }) => definition.name)).toEqual(['read_logs', 'restart']);
    expect(pack.tools.get('unlisted')).toBeUndefined();
    expect(pack.body).toMatchObject({
      name: 'ops',
      environment: 'local',
      inputLabels: ['operator'],
      limits: { turns: 10, refusalsInARow: 3 },
    });
    expect(pack.body.model).toMatchObject({ api: 'responses', name: 'gpt-test' });
    expect(pack.policyText).toBe(readFileSync(join(original, 'policy.yaml'), 'utf8'));
    expect(pack.policyDigest).toBe(digestText('body', pack.policyText));
    expect(pack.packDigest).toBe(digestText('body', canonicalJson(pack.body)));
    expect(pack.body.policyDigest).toBe(pack.policyDigest);
  });

  test('publishes under the digests that a ticket carries', async () => {
    const pack = await loadPack(original);
    const bodies = new Map<string, string>();
    const store = {
      putBody: async (text: string) => (bodies.set(digestText('body', text), text), digestText('body', text)),
    };
    await publishPack(store, pack);
    expect(JSON.parse(bodies.get(pack.packDigest) ?? '')).toEqual(pack.body);
    expect(bodies.get(pack.policyDigest)).toBe(pack.policyText);
    await expect(publishPack({ putBody: async () => 'sha256:0' }, pack)).rejects.toThrow(
      expect.objectContaining({ code: 'pack-invalid' }),
    );
  });

  test('says everything that is wrong at once, each with its place', async () => {
    change('agent.yaml', 'instructions:', 'instuctions:');
    change('policy.yaml', 'effect: allow', 'effect: alow');
    change('tools.ts', "effect: 'read'", "effect: 'none'");
    const problems = await problemsOf();
    expect(
      problems.some((problem) =>
        /^agent\.yaml:3:1: found the key "instuctions".*did you mean "instructions"/.test(problem),
      ),
    ).toBe(true);
    expect(problems.some((problem) => /^policy\.yaml:11:13: .*did you mean "allow"/.test(problem))).toBe(true);
    expect(problems.some((problem) => /^tools\.ts:1:1: .*read_logs.*effect/.test(problem))).toBe(true);
    const error: unknown = await loadPack(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CountersignError);
    expect(error).toMatchObject({ code: 'pack-invalid' });
    for (const problem of problems) expect(String(error)).toContain(problem);
  });

  test('names a guard that the policy names and nobody has', async () => {
    change('policy.yaml', /$/u, '\nguards: { injecton: { high: deny } }\n');
    expect((await problemsOf()).join('\n')).toMatch(/^policy\.yaml:\d+:11: found the guard "injecton"/u);
  });

  test.each<[string, () => void, RegExp]>([
    [
      'a tool that does not exist',
      () => change('agent.yaml', 'restart]', 'restrat]'),
      /^agent\.yaml:8:20: found the tool "restrat", expected one of read_logs/,
    ],
    ['a tool named twice', () => change('agent.yaml', 'restart]', 'read_logs]'), /^agent\.yaml:8:20: .*second time/],
    [
      'a wrong value',
      () => change('agent.yaml', 'turns: 10', 'turns: 0'),
      /^agent\.yaml:7:10: found the number 0 in "limits.turns"/,
    ],
    [
      'an unknown model key',
      () => change('agent.yaml', 'name: gpt-test', 'name: gpt-test\n  temperature: 1'),
      /^agent\.yaml:6:3: found the key "temperature"/,
    ],
    [
      'a duplicate key',
      () => change('agent.yaml', 'description:', 'name: two\ndescription:'),
      /^agent\.yaml:2:1: found the same key twice/,
    ],
    [
      'no agent.yaml',
      () => rmSync(join(folder, 'agent.yaml')),
      /^agent\.yaml:1:1: found no such file.*countersign init/,
    ],
    [
      'no policy.yaml',
      () => rmSync(join(folder, 'policy.yaml')),
      /^policy\.yaml:1:1: found no such file, expected a policy/,
    ],
    [
      'no tools.ts',
      () => rmSync(join(folder, 'tools.ts')),
      /^tools\.ts:1:1: found no such file, expected code that exports read_logs, restart; write it[^\n]*$/,
    ],
    [
      'bytes that are not UTF-8',
      () => writeFileSync(join(folder, 'agent.yaml'), new Uint8Array([0xff, 0x61])),
      /^agent\.yaml:1:1: found bytes that are not UTF-8/,
    ],
    [
      'no list of tools',
      () => change('tools.ts', 'export const tools', 'export const tolls'),
      /^tools\.ts:1:1: found no list of tools/,
    ],
    [
      'code that throws',
      () => change('tools.ts', 'export const', "throw new Error('at load');\nexport const"),
      /^tools\.ts:1:1: found code that does not load \(at load\)/,
    ],
    [
      'look-alike tools',
      () => {
        change('agent.yaml', 'restart]', 'restart, readlogs]');
        change('tools.ts', "'unlisted'", "'readlogs'");
      },
      /looks like "read_logs"/,
    ],
    [
      'an import from outside the pack',
      () => change('tools.ts', './lib/words.ts', '../ops/lib/words.ts'),
      /^tools\.ts:1:1: found an import of "\.\.\/ops\/lib\/words\.ts"/,
    ],
  ])('refuses %s', async (_, break_, problem) => {
    break_();
    expect((await problemsOf()).join('\n')).toMatch(problem);
  });

  test('says nothing else of a folder without agent.yaml, and runs none of its code', async () => {
    rmSync(join(folder, 'agent.yaml'));
    rmSync(join(folder, 'policy.yaml'));
    change('tools.ts', 'export const', "throw new Error('at load');\nexport const");
    const problems = await problemsOf();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^agent\.yaml:1:1: found no such file/);
  });

  test('needs no tools.ts for an agent without tools', async () => {
    rmSync(join(folder, 'tools.ts'));
    change('agent.yaml', /tools: .*/, 'tools: []');
    expect((await loadPack(folder)).tools.list()).toEqual([]);
  });

  test('refuses a folder that does not exist', async () => {
    await expect(loadPack(join(folder, 'none'))).rejects.toMatchObject({ code: 'pack-invalid' });
  });

  test('refuses to pretend that changed code was loaded again', async () => {
    await loadPack(folder);
    change('lib/words.ts', 'Reads', 'Deletes');
    expect((await problemsOf()).join()).toMatch(
      /^tools\.ts:1:1: found code that changed since this process loaded it.*restart/,
    );
  });
});

describe('the digest of a pack’s code', () => {
  test('changes with tools, helpers and what they import, and with nothing else', async () => {
    const first = await digest();
    writeFileSync(join(folder, 'notes.md'), 'notes');
    rmSync(join(folder, 'node_modules'));
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'node_modules', 'x.js'), '1');
    expect(await digest()).toBe(first);
    change('lib/words.ts', 'Reads', 'Deletes');
    const second = await digest();
    change('tools.ts', "'done'", "'dome'");
    const third = await digest();
    writeFileSync(join(folder, 'data.json'), '{}');
    change('tools.ts', 'export', "import data from './data.json' with { type: 'json' };\nexport");
    const fourth = await digest();
    writeFileSync(join(folder, 'data.json'), '{"a":1}');
    const fifth = await digest();
    expect(new Set([first, second, third, fourth, fifth]).size).toBe(5);
  });

  test.each(['../x.ts', '/x.ts', 'file:///x.ts'])('refuses an import of %s', async (specifier) => {
    change('tools.ts', './lib/words.ts', specifier);
    expect(await digest()).toContain(`found an import of "${specifier}"`);
  });

  test('refuses code behind a link that leaves the pack', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    try {
      writeFileSync(join(outside, 'evil.ts'), 'export {};');
      symlinkSync(join(outside, 'evil.ts'), join(folder, 'lib', 'evil.ts'));
      expect(await digest()).toMatch(/evil\.ts:1:1: found a file that cannot be read or lies elsewhere/);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });
});
