/**
 * The commands of docs/approvals.md, copied out of the page and run against a gateway: each does what the page says beside it. A
 * command that is added there and not said here what it comes to fails.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApprovalView } from '../../../client/gateway-schemas.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { digestText } from '../../../core/digest.ts';
import type { AskRow } from '../../../store/store.ts';
import { type AskChanges, startWorld, type World } from '../gateway/gateway-world.ts';
import { gatewayWith } from './approval-gateway.ts';
import { runCli, temporaryFolder } from './run-cli.ts';
import { approval, nonce } from './views.ts';

const page = readFileSync(new URL('../../../docs/approvals.md', import.meta.url), 'utf8');
/** One fence after the other, so that the end of one is not the beginning of the next. */
const fences = [...page.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info, text]) => ({
  info,
  text: String(text),
}));
const blocksOf = (info: string): string[] => fences.flatMap((one) => (one.info === info ? [one.text] : []));
const lines = blocksOf('').flatMap((text) => text.split('\n').filter((line) => line !== ''));

let world: World;
let ask: AskRow;
let key: string;
let folder: string;

beforeEach(async () => {
  world = await startWorld();
  folder = await temporaryFolder();
  key = await world.key('bob', { roles: ['operator', 'lead'] });
  writeFileSync(join(folder, 'changed.json'), '{ "service": "api" }');
  writeFileSync(join(folder, 'editor.sh'), `#!/bin/sh\ncp "${join(folder, 'changed.json')}" "$1"\n`, { mode: 0o700 });
});
afterEach(() => world.close());

async function asked(changes: AskChanges = {}): Promise<void> {
  const text = canonicalJson({ service: 'web' });
  const argumentsDigest = digestText('arguments', text);
  const schemaBody = await world.store.putBody('{"type":"object","properties":{"service":{"type":"string"}}}');
  const card = { arguments: text, argumentsLength: text.length, argumentsDigest, ...changes.card };
  const editable = { ask: { editable: { schemaBody, left: 3 } }, body: { argumentsDigest } };
  ask = await world.ask(1, { ...editable, ...changes, card });
}

/** The command without its remark, with what stands for something put in. */
async function run(line: string, request = '') {
  const [command = ''] = line.split(/\s+# /u);
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/gu)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  const argv = words.slice(1).map((word) =>
    word
      .replace('5e8f1c2a', ask.nonce.slice(0, 8))
      .replace('<request>', request)
      .replace(/^(?=changed\.json$)/u, `${folder}/`)
      .replace(/^~(?=\/)/u, folder),
  );
  const url = await address();
  const environment = { COUNTERSIGN_URL: url, COUNTERSIGN_API_KEY: key, EDITOR: join(folder, 'editor.sh') };
  return await runCli(argv, { environment: { ...environment, TMPDIR: folder }, answers: ['yes'] });
}

let listening: string | undefined;
afterEach(() => {
  listening = undefined;
});
async function address(): Promise<string> {
  listening ??= await world.app.listen({ host: '127.0.0.1', port: 0 });
  return listening;
}

const votes = async () => (await world.store.votesByNonce(ask.nonce)).map(({ vote }) => vote.body);

/** By the command as it stands on the page. */
const comesTo: Readonly<Record<string, (line: string) => Promise<void>>> = {
  async approvals(line) {
    await asked();
    expect((await run(line)).stdout).toContain('Run restart_service on test');
  },
  async approve(line) {
    await asked();
    const { exit, stderr, asked: questions } = await run(line);
    expect([exit, questions.length]).toEqual([0, 1]);
    expect(stderr).toContain('Run restart_service on test');
    expect(await votes()).toMatchObject([{ verdict: 'approve', channel: 'terminal' }]);
  },
  async deny(line) {
    await asked();
    world.door.voteStatuses = [{ status: 'applied', outcome: 'denied' }];
    expect((await run(line)).exit).toBe(0);
    const stop = line.includes('--stop') ? { stop: true } : {};
    expect(await votes()).toMatchObject([{ verdict: 'deny', reason: /"(.*)"/u.exec(line)?.[1], ...stop }]);
  },
  async edit(line) {
    await asked();
    world.door.voteStatuses = [{ status: 'applied', outcome: 'superseded' }];
    expect(await run(line)).toMatchObject({ exit: 0 });
    const argumentsDigest = digestText('arguments', '{"service":"api"}');
    expect(await votes()).toMatchObject([{ verdict: 'edit', edits: { argumentsDigest } }]);
  },
  async withdraw(line) {
    await asked({ terms: { quorum: 2 } });
    world.door.voteStatuses = [
      { status: 'applied', outcome: null },
      { status: 'applied', outcome: null },
    ];
    expect(await run('countersign approve 5e8f1c2a')).toMatchObject({ exit: 0 });
    expect(await run(line)).toMatchObject({ exit: 0 });
    expect(await votes()).toMatchObject([{ verdict: 'approve' }, { verdict: 'withdraw' }]);
  },
  async 'break-glass'(line) {
    await asked({ terms: { quorum: 2, breakGlass: { role: 'lead', perDay: 2, reviewWithinMs: 3_600_000 } } });
    expect(await run(line)).toMatchObject({ exit: 0 });
    expect(await votes()).toMatchObject([{ verdict: 'break-glass', authenticated: { stepUp: 'typed-yes' } }]);
  },
  async pace(line) {
    await asked();
    await run('countersign approve 5e8f1c2a');
    expect((await run(line)).stdout).toMatch(/^bob: 1 approval, half within \S+ m?s, 1 too soon to have been read\n$/u);
  },
  async keys(line) {
    await asked();
    key = await world.key('admin', { expiresAt: world.clock.at + 200 * 86_400_000 });
    const made = await run('countersign keys request ~/.countersign-key');
    expect(made.exit).toBe(0);
    if (line.startsWith('countersign keys request ')) return;
    expect(await run(line, made.stdout.trim())).toMatchObject({ exit: 0 });
    if (!line.startsWith('countersign keys enrol bob ')) return;
    key = readFileSync(join(folder, '.countersign-key'), 'utf8').trim();
    expect(await run('countersign approve 5e8f1c2a')).toMatchObject({ exit: 0 });
    expect(await votes()).toMatchObject([{ principal: 'bob', verdict: 'approve' }]);
  },
};

describe('a command of docs/approvals.md', () => {
  it('is there', () => {
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.filter((line) => !line.startsWith('countersign '))).toEqual([]);
  });

  it.each(lines.map((line) => [line]))('%s', async (line) => {
    await comesTo[line.split(' ')[1] ?? '']?.(line);
    expect.hasAssertions();
  });
});

it('what it says that is on record is printed so', async () => {
  const at = (time: string) => Date.parse(`2026-07-07T${time}Z`);
  const reached = ['C0123ABC'];
  const moment = (name: 'requested' | 'escalated', toldAt: number) => {
    return { moment: name, dueAt: toldAt, toldAt, reached, problem: null };
  };
  const authenticated = 'api-key 5e8f1c2a91b3 through session:k3v9x0a1b2c3';
  const shown: Partial<ApprovalView> = {
    couldAnswer: ['bob', 'carol'],
    told: [
      {
        channel: 'slack',
        at: at('08:00:02'),
        remindedAt: null,
        problem: null,
        moments: [moment('requested', at('08:00:02')), moment('escalated', at('08:02:00'))],
      },
    ],
    looked: [
      {
        principal: 'bob',
        channel: 'web',
        authenticated,
        firstAt: at('08:02:41'),
        lastAt: at('08:03:02'),
        times: 2,
        cardDigest: digestText('card', ''),
      },
    ],
    votes: [{ principal: 'bob', verdict: 'approve', castAt: at('08:03:10'), channel: 'web', authenticated }],
  };
  const [sample = ''] = blocksOf('output');
  expect((await runCli(['approvals', nonce], await gatewayWith(approval(shown)))).stdout).toContain(sample);
});

it('what it says of the pace is printed so', async () => {
  const gateway = await gatewayWith();
  const approvers = [
    { principal: 'bob', approvals: 41, medianMs: 3000, tooSoon: 17 },
    { principal: 'carol', approvals: 12, medianMs: 250_000, tooSoon: 0 },
  ];
  gateway.on('GET', '/v1/approvals/pace', () => ({ from: 0, complete: true, approvers }));
  const [, sample = 'none'] = blocksOf('output');
  expect((await runCli(['pace'], gateway)).stdout).toBe(sample);
});
