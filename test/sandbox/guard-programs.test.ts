/** Guards that are programs, in the real sandbox: what they get, what they cannot reach, and every way in which one fails. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bindGuardPrograms } from '../../activities/guard-program.ts';
import { within } from '../../activities/within.ts';
import { defineGuard, type GuardProgram, runGuards } from '../../guards/index.ts';
import { createUnshareSandbox } from '../../tools/sandbox/unshare-sandbox.ts';
import { until } from '../support/until.ts';
import { sandboxWithMasks } from '../../tools/sandbox-with-masks.ts';

// One for all: its trial run is made once.
const unshare = createUnshareSandbox();
let base = '';
beforeEach(() => void (base = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-guard-')))));
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** @param script of `sh`, started as the file `check` of the guard's folder */
async function checkWith(script: string, text = 'text', more: Partial<GuardProgram> & { timeoutMs?: number } = {}) {
  const { timeoutMs = 20_000, ...program } = more;
  const state = join(base, 'state');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  writeFileSync(join(state, 'key'), 'canary');
  writeFileSync(join(base, 'check'), `#!/bin/sh\n${script}\n`);
  const sandbox = sandboxWithMasks(unshare, [state]);
  const files = [join(base, 'check')];
  const guard = defineGuard({
    id: 'outside',
    at: ['beforeModel'],
    timeoutMs,
    program: { argv: ['./check'], files, ...program },
  });
  const work = join(base, 'work');
  mkdirSync(work, { recursive: true, mode: 0o700 });
  const guards = await bindGuardPrograms([guard], { sandbox, workFolder: work });
  const run = await runGuards(guards, 'beforeModel', { text }, within);
  await until('its folder is gone', async () => readdirSync(join(work, 'guards')).length === 0 || undefined);
  return run.kind === 'failed' ? `failed: ${run.findings[0]?.message}` : run.findings;
}
const failed = 'failed: the guard failed: ';

describe('P1 a guard’s program', () => {
  test('reads JSON, answers JSON, and its exit code 0 only says that it ran', async () => {
    const script = `input=$(cat)
case "$input" in *forbidden*) echo '[{"rule":"word","severity":"high","message":"it holds the word"}]' ;; *) echo '[]' ;; esac`;
    expect(await checkWith(script, 'a forbidden word')).toEqual([
      { guard: 'outside', rule: 'word', severity: 'high', message: 'it holds the word' },
    ]);
    expect(await checkWith(script, 'a word')).toEqual([]);
  });

  test('gets the whole input, also a large one', async () => {
    const script =
      'size=$(wc -c) && echo "[{\\"rule\\":\\"size\\",\\"severity\\":\\"low\\",\\"message\\":\\"$size\\"}]"';
    const text = 'ä'.repeat(500_000);
    const input = `${JSON.stringify({ guard: 'outside', text, point: 'beforeModel' })}\n`;
    expect(await checkWith(script, text)).toMatchObject([{ message: String(Buffer.byteLength(input)) }]);
  });

  test.each([
    ['leave its input unread', "echo '[]'"],
    ['close its input at once', "exec 0<&-; sleep 0.1; echo '[]'"],
  ])('may %s', async (_name, script) => {
    expect(await checkWith(script, 'x'.repeat(1_000_000))).toEqual([]);
  });

  test.each([
    ['half a character behind it', "printf '[]\\303'"],
    ['another encoding in it', `printf '[{"rule":"r","severity":"info","message":"caf\\351"}]'`],
  ])('whose answer has %s refuses', async (_name, script) => {
    expect(await checkWith(script, 'x')).toBe(`${failed}its output is not UTF-8`);
  });

  test('that points at a place outside the text refuses', async () => {
    const answer = '[{"rule":"r","severity":"info","message":"m","span":{"start":2,"end":9}}]';
    expect(await checkWith(`echo '${answer}'`, 'four')).toMatch(/^failed: .*: a span is not within the text/u);
    expect(await checkWith(`echo '${answer}'`, 'nine long')).toMatchObject([{ span: { start: 2, end: 9 } }]);
  });

  test('that starts others without end is ended with all of them', async () => {
    const script = `echo '[]'; boom() { boom | boom & }; boom; sleep 600`;
    const run = await checkWith(script, '', { timeoutMs: 2000 });
    // Its time, or what the shell says of its bound on processes: either may come first.
    expect(run).toMatch(/^failed: the guard (?:failed: its? |timed out)/u);
    expect(await checkWith("echo '[]'")).toEqual([]);
  });

  test.each([
    ['M7 invert: ends with 1', 'exit 1', 'it ended with exit code 1'],
    ['M7 port: ends with 2 and says why', 'echo no rules here >&2; exit 2', 'it ended with exit code 2: no rules here'],
    ['M7 invert: finds nothing and ends with 3', "echo '[]'; exit 3", 'it ended with exit code 3'],
    ['dies of a signal', 'kill -SEGV $$', 'it ended with exit code 139'],
    ['is ended behind its answer', "echo '[]'; kill -KILL $$", 'it ended with exit code 137'],
    [
      'answers with half of a list',
      `printf '[{"rule":"word"'`,
      'it answered with something else than a JSON list of findings',
    ],
    ['answers twice', "echo '[]'; echo '[]'", 'it answered with something else than a JSON list of findings'],
    ['answers with nothing', 'true', 'it answered with something else than a JSON list of findings'],
    ['answers with text', 'echo fine', 'it answered with something else than a JSON list of findings'],
    ['answers without end', 'yes', 'its output is too large'],
    ['fills standard error', 'yes >&2', 'its output is too large'],
    ['is no program', '#', 'it answered with something else than a JSON list of findings'],
  ])('that %s refuses', async (_name, script, why) => {
    expect(await checkWith(script)).toBe(`${failed}${why}`);
  });

  test('that cannot be started refuses', async () => {
    expect(await checkWith('true', '', { argv: ['no-such-program'] })).toMatch(
      /^failed: the guard failed: it ended with exit code 127/,
    );
  });

  test('M7 port: that does not end in time refuses, and is ended with all it started', async () => {
    const run = await checkWith('sleep 600 & sleep 600', '', { timeoutMs: 500 });
    // Sandbox and row of guards have the same bound: either may be the one that says so.
    expect([`${failed}it did not end in time`, 'failed: the guard timed out']).toContain(run);
  });

  test.each([
    ['leaves a daemon that keeps its output open', `echo '[]'; (setsid sleep 600 &) ; exit 0`],
    ['leaves a daemon that would answer later', `echo '[]'; (sleep 0.5; echo '[{}]') & exit 0`],
  ])('that %s has ended when its own process has', async (_name, script) => {
    expect(await checkWith(script)).toEqual([]);
  });

  test('that answers byte by byte until its time is over refuses', async () => {
    const run = await checkWith(`while :; do printf ' '; sleep 0.05; done; echo '[]'`, '', { timeoutMs: 1000 });
    expect([`${failed}it did not end in time`, 'failed: the guard timed out']).toContain(run);
  });

  test('reaches no key, no network, no file outside, and nothing that it leaves is there the next time', async () => {
    const script = `cat >/dev/null
[ ! -e ${base}/state/key ] || { echo key; exit 1; }
[ ! -e left ] || { echo left; exit 1; }
: >left
[ "$(grep -c : /proc/net/dev)" = 1 ] || { echo network; exit 1; }
! (: >/usr/written) 2>/dev/null || { echo outside; exit 1; }
[ "$(id -u)" != 0 ] || { echo root; exit 1; }
[ -z "$HOME$OPENAI_API_KEY" ] || { echo environment; exit 1; }
echo '[]'`;
    expect(await checkWith(script)).toEqual([]);
    expect(await checkWith(script)).toEqual([]);
  });

  test('gets the environment that its definition gives', async () => {
    const script = '[ "$MODE" = strict ] && echo "[]"';
    expect(await checkWith(script, '', { environment: { MODE: 'strict' } })).toEqual([]);
    expect(await checkWith(script)).toBe(`${failed}it ended with exit code 1`);
  });

  test('runs beside others: eight checks at once', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, async (_, at) => await checkOne(at)));
    expect(runs).toEqual(Array.from({ length: 8 }, (_, at) => String(at)));
  });
});

async function checkOne(at: number): Promise<string | undefined> {
  const guard = defineGuard({
    id: `outside-${at}`,
    at: ['beforeModel'],
    timeoutMs: 20_000,
    program: {
      argv: ['/bin/sh', '-c', `cat >/dev/null; echo '[{"rule":"r","severity":"low","message":"${at}"}]'`],
    },
  });
  const guards = await bindGuardPrograms([guard], { sandbox: unshare, workFolder: base });
  return (await runGuards(guards, 'beforeModel', { text: '' }, within)).findings[0]?.message;
}
