/**
 * Canary secrets from every side (prompt, tool result, error, what a tool reads for a card, arguments, vote reason, answer) against every place that keeps or
 * shows something: histories, the engine's database, store, ledger, cards, logs, what each command and the API print, export and
 * postmortem, and what is sent to the model. Beside each secret stands a word that must be found, so that no place is passed over.
 * What was taken out is kept encrypted here, and is in one place only: the answer to who asks for it, on record.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findKnownValues } from '../../guards/secrets/known-values.ts';
import { placeBundles } from '../support/bundle-folder.ts';
import { type ProgramResult, runProgram, type StartedProgram, startProgram } from '../support/program.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { until } from '../support/until.ts';

const pack = join(import.meta.dirname, 'canary-pack');
const task = 'look at the configuration of the cart';

/** Made anew each time, so that no scanner finds one in the source. */
const letters = (many: number): string =>
  randomBytes(200)
    .toString('base64')
    .replaceAll(/[^A-Za-z]/g, '')
    .slice(0, many);
const password = (): string => `${letters(7)}7!${letters(7)}9_${letters(6)}`;
const canaries = {
  prompt: `ghp_${letters(18)}4${letters(17)}`,
  result: password(),
  error: `xoxb-${Date.now()}-${letters(14)}3${letters(9)}`,
  target: password(),
  arguments: `npm_${letters(20)}5${letters(15)}`,
  reason: `glpat-${letters(11)}8${letters(9)}`,
  answer: password(),
};

let folder: string;
let state: string;
let environment: Record<string, string>;
let model: ScriptedModel;
let dev: StartedProgram;
let workflowId: string;
/** Its nonce. */
let approval: string;
/** What commands and the API said, by what they were. */
const said = new Map<string, string>();

async function cli(...argv: string[]): Promise<ProgramResult> {
  const result = await runProgram(argv, environment);
  said.set(`countersign ${argv[0]} (${said.size})`, result.stdout + result.stderr);
  return result;
}

async function api(path: string, body?: unknown): Promise<number> {
  const { gatewayUrl } = z.object({ gatewayUrl: z.string() }).parse(await dev.firstLine);
  const headers = {
    authorization: `Bearer ${readFileSync(join(state, 'api-key'), 'utf8').trim()}`,
    'content-type': 'application/json',
  };
  const answer = await fetch(`${gatewayUrl}${path}`, {
    headers,
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  said.set(`${path} (${said.size})`, await answer.text());
  return answer.status;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-canaries-'));
  state = join(folder, 'state');
  await placeBundles(state);
  const given = join(folder, 'given');
  mkdirSync(given);
  writeFileSync(join(given, 'result'), `word-of-result\nDB_PASSWORD=${canaries.result}\n`);
  writeFileSync(join(given, 'error'), `word-of-error, token ${canaries.error}`);
  writeFileSync(join(given, 'target'), `word-of-target, password: "${canaries.target}"`);
  const redactionKey = join(folder, 'redaction.key');
  writeFileSync(redactionKey, randomBytes(32).toString('hex'), { mode: 0o600 });
  model = await startScriptedModel();
  environment = {
    COUNTERSIGN_STATE: state,
    COUNTERSIGN_DRAIN_MS: '2000',
    COUNTERSIGN_LOG_LEVEL: 'trace',
    COUNTERSIGN_TEST_CANARIES: given,
    COUNTERSIGN_REDACTION_KEY_FILE: redactionKey,
    OPENAI_BASE_URL: model.baseURL,
  };
  dev = startProgram(['dev', pack, '--port', '0', '--json'], environment);
  await dev.firstLine;
  model.script(task, [
    { calls: [{ name: 'read_config', args: { name: 'cart' } }] },
    { calls: [{ name: 'read_broken', args: { name: 'cart' } }] },
    { calls: [{ name: 'restart', args: { name: canaries.arguments } }], text: 'word-of-arguments' },
    { calls: [{ name: 'restart', args: { name: 'cart' } }] },
    { text: `word-of-answer, password: "${canaries.answer}"` },
  ]);
  const run = await cli('run', 'canary-tester', task, '--no-wait', '--json');
  workflowId = z.object({ workflowId: z.string() }).parse(JSON.parse(run.stdout)).workflowId;
}, 90_000);

afterAll(async () => {
  dev.child.kill('SIGTERM');
  await dev.ended;
  await model.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe('canary secrets', () => {
  test('P1 in a prompt or in a vote’s reason are refused before anything is sent', async () => {
    expectSecretRefused(await cli('run', 'canary-tester', `use ${canaries.prompt}`, '--no-wait'));
    expect(await api('/v1/runs', { agent: 'canary-tester', input: `use ${canaries.prompt}` })).toBe(422);
    const nonce = (approval = await openApproval());
    // While it is open its card is in the lists.
    for (const path of ['', `/${nonce}`, `/${nonce}/words/target`])
      expect([path, await api(`/v1/approvals${path}`)]).toEqual([path, 200]);
    expectSecretRefused(await cli('approve', nonce, '--yes', '--reason', `word, ${canaries.reason}`));
    const vote = { verdict: 'approve', reason: `word, ${canaries.reason}`, cardDigest: cardDigestOf(nonce) };
    expect(await api(`/v1/approvals/${nonce}/votes`, vote)).toBe(422);
    expect((await cli('approve', nonce, '--yes', '--reason', 'word-of-reason')).exit).toBe(0);
    expect((await cli('watch', workflowId)).exit).toBe(0);
  });

  test('that redaction took out are shown to who asks with a reason, and who asked is listed', async () => {
    const listed = await cli('redactions', 'list', workflowId, '--json');
    const { redactions } = z
      .object({ redactions: z.array(z.object({ mark: z.string() })).min(1) })
      .parse(JSON.parse(listed.stdout));
    const shown: string[] = [];
    for (const { mark } of redactions) {
      // Not with the rest of what was said: this is where a secret may stand.
      const { stdout } = await runProgram(['redactions', 'show', workflowId, mark, '--reason', 'a test'], environment);
      shown.push(stdout);
    }
    for (const canary of ['result', 'error', 'target', 'arguments', 'answer'] as const) {
      expect([canary, holds(shown.join('\n'), canaries[canary])]).toEqual([canary, true]);
    }
    const again = await cli('redactions', 'list', workflowId);
    expect(again.stdout.match(/: shown \(a test\)/gu)).toHaveLength(redactions.length);
  });

  test('P1 stand nowhere, and the words beside them stand where they should', async () => {
    for (const command of [['show', workflowId], ['show', workflowId, '--json'], ['runs', '--json'], ['approvals']])
      expect((await cli(...command)).exit).toBe(0);
    // An answer that is an error would hold no secret, whatever the others hold.
    for (const list of ['runs', 'approvals', 'notices', 'reviews', 'grants', 'policies', 'keys', 'refusals'])
      expect([list, await api(`/v1/${list}`)]).toEqual([list, 200]);
    expect(await api(`/v1/runs/${workflowId}`)).toBe(200);
    expect(await api(`/v1/runs/${workflowId}/redactions`)).toBe(200);
    expect(await api(`/v1/approvals/${approval}`)).toBe(200);
    expect(await api(`/v1/approvals/${approval}/arguments`)).toBe(200);
    const file = join(folder, 'run.export.jsonl');
    expect((await cli('export', workflowId, '--output', file)).exit).toBe(0);
    const replayed = await cli('replay', workflowId);
    said.set('what the model was sent', JSON.stringify(model.requests(task)));
    dev.child.kill('SIGTERM');
    const { stdout, stderr } = await dev.ended;
    said.set('the log of dev', stdout + stderr);

    const places = new Map([...said, ['the export', readFileSync(file, 'latin1')], ...filesIn(state)]);
    const found = [...places].flatMap(([place, text]) =>
      Object.entries(canaries).flatMap(([canary, value]) =>
        holds(text, value) ? [`the canary of the ${canary} in ${place}`] : [],
      ),
    );
    expect(found).toEqual([]);
    // The secret guard over all that was recorded says the same.
    expect(replayed.exit).toBe(0);
    const holding = (word: string): string[] => [...places].filter(([, text]) => holds(text, word)).map(([at]) => at);
    const [engine, store] = ['engine.db', 'store/'].map((name): unknown => expect.stringContaining(name));
    expect(holding('word-of-result')).toEqual(expect.arrayContaining([engine, store, 'the export']));
    expect(holding('word-of-error')).toEqual(expect.arrayContaining([engine, store, 'the export']));
    const cards = ['/v1/approvals (', `/v1/approvals/${approval} (`, `/v1/approvals/${approval}/words/target`];
    expect(holding('word-of-target')).toEqual(
      expect.arrayContaining([
        engine,
        store,
        'the export',
        ...cards.map((name): unknown => expect.stringContaining(name)),
      ]),
    );
    expect(holding('word-of-arguments')).toEqual(expect.arrayContaining([engine, 'the export']));
    expect(holding('word-of-reason')).toEqual(expect.arrayContaining([engine, store, 'the export']));
    const [shown, answered] = ['countersign show', `/v1/runs/${workflowId}`].map((name): unknown =>
      expect.stringContaining(name),
    );
    expect(holding('word-of-answer')).toEqual(expect.arrayContaining([engine, 'the export', shown, answered]));
    expect(holding('word-of-result')).toContain('what the model was sent');
    expect(holding(workflowId)).toContain('the log of dev');
    // What was taken out left a mark.
    expect(readFileSync(file, 'utf8')).toMatch(/\[secret:[a-z-]+:[0-9a-f]{4}\]/u);
  });
});

/** For what it holds: one that was refused for something else would prove nothing. */
function expectSecretRefused({ exit, stderr }: ProgramResult): void {
  expect(exit).not.toBe(0);
  expect(stderr).toContain('holds what looks like a secret');
}

/** As it is, or in base64, hex, percent encoding or JSON's escapes. */
function holds(text: string, value: string): boolean {
  return findKnownValues(text, [value]).length > 0;
}

async function openApproval(): Promise<string> {
  return await until('an open request', async () => {
    const { stdout } = await cli('approvals', '--run', workflowId, '--json');
    const { approvals } = z.object({ approvals: z.array(z.object({ nonce: z.string() })) }).parse(JSON.parse(stdout));
    return approvals[0]?.nonce;
  });
}

function cardDigestOf(nonce: string): string {
  const answers = [...said.values()].filter((text) => text.includes(nonce) && text.includes('cardDigest'));
  return /"cardDigest": ?"(sha256:[0-9a-f]{64})"/u.exec(answers.at(-1) ?? '')?.[1] ?? '';
}

/** Every file below, as bytes: databases and their logs are read as they lie on the disk. */
function filesIn(root: string, below = ''): [string, string][] {
  return readdirSync(join(root, below)).flatMap((name): [string, string][] => {
    const path = join(below, name);
    const stats = statSync(join(root, path));
    if (stats.isDirectory()) return filesIn(root, path);
    return stats.isFile() ? [[path, readFileSync(join(root, path), 'latin1')]] : [];
  });
}
