/**
 * How a program's end counts (P1, M7): exit code 0 with the documented JSON and nothing else. The real sandbox is in
 * test/sandbox/guard-programs.test.ts.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bindGuardPrograms } from '../../../activities/guard-program.ts';
import { within } from '../../../activities/within.ts';
import { checkGuard, defineGuard, type GuardSource, runGuards } from '../../../guards/index.ts';
import type { Sandbox, SandboxCommand, SandboxResult } from '../../../tools/sandbox/sandbox.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'countersign-guard-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const output = { stdout: '[]', stderr: '', truncated: false, durationMs: 1 };
const exited = (more: Partial<Extract<SandboxResult, { kind: 'exited' }>> = {}): SandboxResult => ({
  kind: 'exited',
  exitCode: 0,
  ...output,
  ...more,
});

function sandboxThat(run: (command: SandboxCommand) => SandboxResult): Sandbox {
  return { id: 'fake', available: async () => ({ ok: true, version: '1' }), run: async (command) => run(command) };
}
const source: GuardSource = { id: 'outside', at: ['beforeTool', 'afterTool'], program: { argv: ['check'] } };

async function verdictOf(result: SandboxResult, more: Partial<GuardSource> = {}) {
  const sandbox = sandboxThat(() => result);
  const guards = await bindGuardPrograms([defineGuard({ ...source, ...more })], { sandbox, workFolder: folder });
  return await runGuards(guards, 'beforeTool', { text: 't' }, within);
}

const finding = { rule: 'closed', severity: 'high', message: 'no' };

describe('P1 the answer of a guard’s program', () => {
  test.each<[string, unknown]>([
    ['nothing found', []],
    ['a finding', [finding]],
    ['a finding that names a guard', [{ ...finding, guard: 'shell' }]],
  ])('counts with exit code 0: %s', async (_name, answer) => {
    const run = await verdictOf(exited({ stdout: `${JSON.stringify(answer)}\n` }));
    expect(run.kind).toBe('findings');
    expect(run.findings.every(({ guard }) => guard === 'outside')).toBe(true);
    expect(run.findings).toHaveLength((answer as unknown[]).length);
  });

  test.each([1, 2, 3, 5, 126, 127, 137])(
    'M7 invert: exit code %d refuses, whatever stands on its output',
    async (code) => {
      const run = await verdictOf(exited({ exitCode: code }));
      expect(run).toMatchObject({ kind: 'failed', findings: [{ rule: 'guard-failed', severity: 'critical' }] });
      expect(run.findings[0]?.message).toBe(`the guard failed: it ended with exit code ${code}`);
    },
  );

  test.each<[string, SandboxResult, string]>([
    ['its time is over', { kind: 'timed-out', ...output }, 'it did not end in time'],
    ['it is ended', { kind: 'aborted', ...output }, 'it was ended'],
    ['its output is too large', { kind: 'output-limit', ...output, truncated: true }, 'its output is too large'],
    ['its output was cut', exited({ truncated: true }), 'its output is too large'],
    [
      'there is no sandbox',
      { kind: 'refused', reason: 'no unshare', remedy: 'r' },
      'there is no sandbox for it (no unshare)',
    ],
  ])('M7 port: refuses when %s', async (_name, result, why) => {
    expect(await verdictOf(result)).toMatchObject({
      kind: 'failed',
      findings: [{ rule: 'guard-failed', message: `the guard failed: ${why}` }],
    });
  });

  test.each([
    ['nothing', ''],
    ['text', 'fine'],
    ['no list', '{}'],
    ['null', 'null'],
    ['two lists', '[] []'],
    ['a list and text', '[]fine'],
    ['a severity of its own', JSON.stringify([{ ...finding, severity: 'none' }])],
    ['a field of its own', JSON.stringify([{ ...finding, more: 1 }])],
    ['a finding without a message', '[{"rule":"r","severity":"high"}]'],
    ['a byte order mark before it', '\uFEFF[]'],
    ['a severity that stands twice', '[{"rule":"r","severity":"critical","severity":"info","message":"m"}]'],
    ['a prototype', '[{"rule":"r","severity":"info","message":"m","__proto__":{}}]'],
    ['a span of half numbers', JSON.stringify([{ ...finding, span: { start: 0.5, end: 1 } }])],
    ['half of a list', JSON.stringify([finding, finding]).slice(0, -20)],
    ['lists in lists in lists', `${'['.repeat(5000)}${']'.repeat(5000)}`],
  ])('refuses when it is %s', async (_name, stdout) => {
    expect(await verdictOf(exited({ stdout }))).toMatchObject({
      kind: 'failed',
      findings: [{ message: 'the guard failed: it answered with something else than a JSON list of findings' }],
    });
  });

  test('refuses when its output is not UTF-8, and says so', async () => {
    const stdout = JSON.stringify([{ ...finding, message: 'caf\uFFFD' }]);
    expect(await verdictOf(exited({ stdout }))).toMatchObject({
      kind: 'failed',
      findings: [{ message: 'the guard failed: its output is not UTF-8' }],
    });
  });

  test('refuses when it points at a place outside the text, and says so', async () => {
    const stdout = JSON.stringify([{ ...finding, span: { start: 0, end: 99 } }]);
    expect(await verdictOf(exited({ stdout }))).toMatchObject({
      kind: 'failed',
      findings: [{ rule: 'guard-failed', message: expect.stringContaining('a span is not within the text') }],
    });
  });

  test('M7 port: standard error is told, one line of it, without paths and secrets', async () => {
    const secret = ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_');
    const run = await verdictOf(exited({ exitCode: 2, stderr: `cannot open /srv/private/rules with ${secret}\nmore` }));
    const message = run.findings[0]?.message ?? '';
    expect(message).toContain('exit code 2: cannot open <path> with [secret:');
    for (const hidden of [secret, '/srv/private', 'more']) expect(message).not.toContain(hidden);
  });
});

describe('a run of a guard’s program', () => {
  test('gets the input as JSON, its files, and a folder of its own that is gone afterwards', async () => {
    const script = join(folder, 'rules.txt');
    writeFileSync(script, 'as it was');
    const seen: { stdin: unknown; files: string[]; text: string; command: SandboxCommand }[] = [];
    const sandbox = sandboxThat((command) => {
      const text = readFileSync(join(command.workFolder, 'rules.txt'), 'utf8');
      seen.push({ stdin: JSON.parse(command.stdin ?? ''), files: readdirSync(command.workFolder), text, command });
      return exited();
    });
    const program = { argv: ['check', '--strict'], files: [pathToFileURL(script)], environment: { LANG: 'C' } };
    const guards = await bindGuardPrograms([defineGuard({ ...source, timeoutMs: 9000, program })], {
      sandbox,
      workFolder: folder,
    });
    writeFileSync(script, 'changed since the worker started');
    const tool = { name: 'restart', effect: 'effect' as const, tags: [], commandArguments: [] };
    const left = { beforeTool: 3499.5, afterTool: 60_000 };
    for (const point of ['beforeTool', 'afterTool'] as const)
      await runGuards(
        guards,
        point,
        { text: '{"a":1}', tool, args: { a: 1 } },
        async (work) => await within(work, left[point]),
      );
    expect(seen[0]?.stdin).toEqual({ guard: 'outside', point: 'beforeTool', text: '{"a":1}', tool, args: { a: 1 } });
    expect(seen.map(({ files, text }) => [files, text])).toEqual([
      [['rules.txt'], 'as it was'],
      [['rules.txt'], 'as it was'],
    ]);
    expect(seen[0]?.command).toMatchObject({ argv: ['check', '--strict'], maxOutputBytes: 65_536 });
    // Nothing of the worker's own.
    expect(seen[0]?.command.environment).toEqual({ PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C' });
    // Never longer than is left, and never longer than it was given.
    expect(seen.map(({ command }) => command.timeoutMs)).toEqual([3500, 9000]);
    expect(seen[0]?.command.workFolder).not.toBe(seen[1]?.command.workFolder);
    expect(readdirSync(join(folder, 'guards'))).toEqual([]);
  });

  test('does not happen without a worker: the definition alone refuses', async () => {
    const run = await runGuards([defineGuard(source)], 'beforeTool', { text: '' }, within);
    expect(run).toMatchObject({ kind: 'failed', findings: [{ rule: 'guard-failed' }] });
  });

  test.each([
    ['is not there', ['/nonexistent/check.py'], /its file "check.py" cannot be read/],
    [
      'has the name of another',
      ['/etc/passwd', new URL('file:///etc/../etc/passwd')],
      /its file "passwd" is named twice/,
    ],
  ])('does not happen when a file %s: the worker does not start', async (_name, files, message) => {
    const guard = defineGuard({ ...source, program: { argv: ['check'], files } });
    const bound = bindGuardPrograms([guard], { sandbox: sandboxThat(() => exited()), workFolder: folder });
    await expect(bound).rejects.toMatchObject({ code: 'pack-invalid', message: expect.stringMatching(message) });
  });
});

describe('the definition', () => {
  test('stays what it is when it is checked again', () => {
    expect(checkGuard(defineGuard(source))).toEqual(defineGuard(source));
  });

  test.each<[string, Partial<GuardSource>]>([
    ['neither a check nor a program', { program: undefined as never }],
    ['both', { check: () => [] }],
    ['a relative file', { program: { argv: ['a'], files: ['check.py'] } }],
    ['no program in argv', { program: { argv: [] } }],
    ['a key of its own', { program: { argv: ['a'], shell: true } as never }],
  ])('is refused with %s', (_name, changes) => {
    expect(() => defineGuard({ ...source, ...changes })).toThrow(/Cannot define a guard/);
  });
});

test('M7 port: a guard that names tools is not asked about others', async () => {
  const seen: string[] = [];
  const picky = defineGuard({
    id: 'picky',
    at: ['beforeTool'],
    tools: ['write'],
    check: ({ tool }) => (seen.push(tool?.name ?? 'unknown'), []),
  });
  for (const name of ['write', 'read', 'rewrite', 'write_all'])
    await runGuards(
      [picky],
      'beforeTool',
      { text: '', tool: { name, effect: 'effect', tags: [], commandArguments: [] } },
      within,
    );
  await runGuards([picky], 'beforeTool', { text: '' }, within);
  expect(seen).toEqual(['write', 'unknown']);
});
