/** `countersign edit`: what is sent is what was written and confirmed; what is refused is said with its place, and is not lost. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applied, gatewayWith, sent } from './approval-gateway.ts';
import { FakeProblem, runCli } from './run-cli.ts';
import { approval, card, nonce } from './views.ts';

const taken = { ...applied, outcome: 'superseded' };
const short = nonce.slice(0, 8);
const secret = ['ghp', 'q7Rk2Vn9Xc4Bt6Zs1Lw8Jd3Hf5Gp0MyAeUiO'].join('_');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-edit-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes one text after the other into what it is opened on, and keeps what it found there. */
function editorOf(...texts: string[]): string {
  for (const [index, text] of texts.entries()) writeFileSync(join(folder, `text-${index}`), text);
  const script = join(folder, 'editor.sh');
  const lines = [
    '#!/bin/sh',
    `n=$(ls "${folder}" | grep -c "^found-")`,
    `cp "$1" "${folder}/found-$n"`,
    `cp "${folder}/text-$n" "$1"`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  chmodSync(script, 0o700);
  return script;
}

function withEditor<T extends { environment: Record<string, string> }>(gateway: T, ...texts: string[]): T {
  const environment = { ...gateway.environment, EDITOR: editorOf(...texts), TMPDIR: folder };
  return { ...gateway, environment };
}

const kept = (): string[] => readdirSync(folder).filter((name) => name.startsWith('countersign-edit-'));

describe('edit with a file', () => {
  test('sends all of it, bound to the card that was shown', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const file = join(folder, 'changed.json');
    writeFileSync(file, '{ "name": "shop-2" }');
    const result = await runCli(['edit', short, '--arguments', file, '--reason', 'the second', '--yes'], gateway);
    expect(result).toMatchObject({ exit: 0 });
    expect(result.stderr).toContain('/name: "shop" → "shop-2"');
    expect(result.stdout).toContain('edit of restart: taken');
    expect(sent(gateway)).toEqual([
      { arguments: { name: 'shop-2' }, cardDigest: approval().cardDigest, channel: 'terminal', reason: 'the second' },
    ]);
  });

  test('reads standard input, and says under --json what the gateway said', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const line = ['edit', short, '--arguments', '-', '--yes', '--json'];
    const result = await runCli(line, { ...gateway, stdin: '{"name":"é"}' });
    expect(JSON.parse(result.stdout)).toMatchObject({
      nonce,
      verdict: 'edit',
      status: 'applied',
      outcome: 'superseded',
    });
    expect(sent(gateway)).toMatchObject([{ arguments: { name: 'é' } }]);
  });

  test('reads YAML where its name says so', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const file = join(folder, 'changed.yaml');
    writeFileSync(file, 'name: shop-2\nreplicas: 3\n');
    expect((await runCli(['edit', short, '--arguments', file, '--yes'], gateway)).exit).toBe(0);
    expect(sent(gateway)).toMatchObject([{ arguments: { name: 'shop-2', replicas: 3 } }]);
  });

  test.each<[string, string[], string, string]>([
    ['broken JSON, with its line', [], '{\n  "name": shop\n}', 'at line 2'],
    ['a key twice', [], '{"name":"a","name":"b"}', 'Cannot send the arguments'],
    ['a list', [], '["shop"]', 'the text is no object'],
    ['what the call has already', [], '{ "name": "shop" }', 'they are those the call has'],
    ['broken YAML, with its line', ['--yaml'], 'name: "shop\n', 'at line'],
    ['a YAML alias', ['--yaml'], 'name: &a x\nother: *a\n', 'alias'],
    ['a number that is not exact', ['--yaml'], 'name: 9007199254740993\n', 'too large to be exact'],
    ['a secret', [], `{"name":"${secret}"}`, 'Cannot send the edited arguments'],
  ])('refuses %s, and sends nothing', async (_, more, text, problem) => {
    const gateway = await gatewayWith(approval(), taken);
    const result = await runCli(['edit', short, '--arguments', '-', '--yes', ...more], { ...gateway, stdin: text });
    expect(result.exit).not.toBe(0);
    expect(result.stderr).toContain(problem);
    expect(result.stderr).not.toContain(secret);
    expect(sent(gateway)).toEqual([]);
  });

  test('warns before it asks where an edit would most likely end in a denial', async () => {
    const editing = { left: 2, mayEdit: true, reason: null, warning: 'nobody else could approve it\u202e' };
    const gateway = await gatewayWith(approval({ editing }), taken);
    const line = ['edit', short, '--arguments', '-'];
    const { stderr } = await runCli(line, { ...gateway, stdin: '{"name":"b"}', answers: ['n'] });
    expect(stderr).toContain(String.raw`Before you edit it: nobody else could approve it\u{202E}`);
    expect(sent(gateway)).toEqual([]);
  });

  test('sends nothing that was not confirmed', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const line = ['edit', short, '--arguments', '-'];
    const world = { ...gateway, stdin: '{"name":"b"}' };
    expect((await runCli(line, world)).exit).not.toBe(0);
    expect((await runCli(line, { ...world, answers: ['n'] })).exit).not.toBe(0);
    expect(sent(gateway)).toEqual([]);
  });

  test.each<[string, object, number, string]>([
    ['late', { status: 'late', outcome: null }, 5, 'too late'],
    ['a duplicate', { status: 'duplicate', outcome: null, reason: 'deny at noon' }, 5, 'not taken: deny at noon'],
    [
      'not taken',
      { status: 'rejected', outcome: null, reason: 'it changes nothing' },
      4,
      'not taken: it changes nothing',
    ],
    ['counted and overtaken', { outcome: 'denied' }, 5, 'but the request is denied'],
  ])('says that it was %s', async (_, changes, exit, words) => {
    const gateway = await gatewayWith(approval(), { ...applied, ...changes });
    const result = await runCli(['edit', short, '--arguments', '-', '--yes'], { ...gateway, stdin: '{"name":"b"}' });
    expect(result.exit).toBe(exit);
    expect(result.stdout).toContain(words);
  });

  test.each<[string, Parameters<typeof approval>[0], string]>([
    ['closed', { open: false, outcome: 'expired' }, 'it is expired'],
    [
      'not yours to edit',
      { editing: { left: 0, mayEdit: false, reason: 'it was edited often enough' } },
      'often enough',
    ],
    ['without the reason that it needs', { approvers: { ...approval().approvers, reasonRequired: true } }, 'a reason'],
  ])('is refused where the request is %s', async (_, changes, words) => {
    const gateway = await gatewayWith(approval(changes), taken);
    const result = await runCli(['edit', nonce, '--arguments', '-', '--yes'], { ...gateway, stdin: '{"name":"b"}' });
    expect(result.exit).not.toBe(0);
    expect(result.stderr).toContain(words);
    expect(sent(gateway)).toEqual([]);
  });
});

describe('edit with a pipe', () => {
  test('is taken, and a device or a folder is not', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // It ends when it has written: whoever reads waits for it until then.
    const writer = spawn('sh', ['-c', `printf '{"name":"shop-2"}' > "$1"`, 'sh', pipe]);
    const ended = once(writer, 'close');
    expect(await runCli(['edit', short, '--arguments', pipe, '--yes'], gateway)).toMatchObject({ exit: 0 });
    await ended;
    expect(sent(gateway)).toMatchObject([{ arguments: { name: 'shop-2' } }]);
    expect((await runCli(['edit', short, '--arguments', folder, '--yes'], gateway)).stderr).toContain('it is a folder');
    const device = await runCli(['edit', short, '--arguments', '/dev/null', '--yes'], gateway);
    expect(device.stderr).toContain('it is no file and no pipe');
    expect(sent(gateway)).toHaveLength(1);
  });

  test('or standard input that does not end is not read to its end', async () => {
    const gateway = await gatewayWith(approval(), taken);
    for (const name of ['-', '/dev/stdin']) {
      const stdin = `{"name":"${'x'.repeat(1024 * 1024)}"}`;
      const { exit, stderr } = await runCli(['edit', short, '--arguments', name, '--yes'], { ...gateway, stdin });
      expect([exit, stderr.includes('longer than 1048576 bytes')]).toEqual([2, true]);
    }
    expect(sent(gateway)).toEqual([]);
  });
});

describe('edit with an editor', () => {
  test('opens it on the arguments with hidden characters as escapes, and leaves no file behind', async () => {
    const view = approval({ card: card({ arguments: '{"name":"shop\u202e"}' }) });
    const gateway = await gatewayWith(view, taken);
    const result = await runCli(['edit', short], { ...withEditor(gateway, '{"name":"b"}'), answers: ['y'] });
    expect(result.exit).toBe(0);
    expect(readFileSync(join(folder, 'found-0'), 'utf8')).toBe('{\n  "name": "shop\\u202e"\n}\n');
    expect(sent(gateway)).toMatchObject([{ arguments: { name: 'b' } }]);
    expect(kept()).toEqual([]);
  });

  test('says what is wrong and opens it again on what was written', async () => {
    const gateway = await gatewayWith(approval(), taken);
    gateway.on('POST', `/v1/approvals/${nonce}/edits`, ({ body }) =>
      JSON.stringify(body).includes('"b"') ? new FakeProblem(400, 'input-invalid') : taken,
    );
    const world = withEditor(gateway, '{ "name": ', '{ "name": "b" }', '{ "name": "c" }');
    const result = await runCli(['edit', short], { ...world, answers: ['e', 'y', 'e', 'y'] });
    expect(result.exit).toBe(0);
    expect(readFileSync(join(folder, 'found-1'), 'utf8')).toBe('{ "name": ');
    expect(readFileSync(join(folder, 'found-2'), 'utf8')).toBe('{ "name": "b" }');
    expect(sent(gateway).at(-1)).toMatchObject({ arguments: { name: 'c' } });
    expect(kept()).toEqual([]);
  });

  test('keeps what was written where the person leaves it, and says where', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const result = await runCli(['edit', short], { ...withEditor(gateway, '{ "name": '), answers: ['q'] });
    expect(result.exit).not.toBe(0);
    const [name = ''] = kept();
    const path = join(folder, name, 'arguments.json');
    expect(result.stderr).toContain(path);
    expect(readFileSync(path, 'utf8')).toBe('{ "name": ');
    expect(sent(gateway)).toEqual([]);
  });

  test('leaves nothing behind where nothing was changed', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const world = withEditor(gateway, '{\n  "name": "shop"\n}\n');
    const result = await runCli(['edit', short], { ...world, answers: ['q'] });
    expect(result.exit).toBe(2);
    expect(result.stderr).toContain('they are those the call has');
    expect(result.stderr).not.toContain('is kept in');
    expect(kept()).toEqual([]);
  });

  test('opens YAML where it was asked for', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const world = { ...withEditor(gateway, 'name: "b"\n'), answers: ['y'] };
    expect((await runCli(['edit', short, '--yaml'], world)).exit).toBe(0);
    expect(readFileSync(join(folder, 'found-0'), 'utf8')).toBe('name: "shop"\n');
    expect(sent(gateway)).toMatchObject([{ arguments: { name: 'b' } }]);
  });

  test.each(['', ' '])('takes EDITOR where VISUAL is set to %j', async (VISUAL) => {
    const gateway = await gatewayWith(approval(), taken);
    const { environment, ...rest } = withEditor(gateway, '{"name":"b"}');
    const { VISUAL: named, EDITOR = named, ...others } = environment as Record<string, string>;
    const world = { ...rest, environment: { ...others, VISUAL, EDITOR: EDITOR ?? '' }, answers: ['y'] };
    expect(await runCli(['edit', short], world)).toMatchObject({ exit: 0 });
  });

  test('is an error where there is none, it fails, or nobody is at a terminal', async () => {
    const gateway = await gatewayWith(approval(), taken);
    const none = await runCli(['edit', short], { ...gateway, answers: [] });
    expect(none.stderr).toContain('neither VISUAL nor EDITOR is set');
    const environment = { ...gateway.environment, EDITOR: 'false', TMPDIR: folder };
    const failing = await runCli(['edit', short], { ...gateway, environment, answers: [] });
    expect(failing.stderr).toContain('it ended with 1');
    expect((await runCli(['edit', short], gateway)).stderr).toContain('this is no terminal');
    expect(sent(gateway)).toEqual([]);
    expect(existsSync(folder)).toBe(true);
  });
});
