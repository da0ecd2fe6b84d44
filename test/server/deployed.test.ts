/**
 * Gateway and worker as a deployment runs them: set up by `countersign setup`, each with its own folder and keys, before a
 * Temporal server that wants a client certificate and an API key. Their health ports, their logs, and how they end.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { placeBundles } from '../support/bundle-folder.ts';
import { makeAuthority } from '../support/certificates.ts';
import { type ProgramResult, runProgram, type StartedProgram, startProgram } from '../support/program.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';
import { until } from '../support/until.ts';

const pack = join(import.meta.dirname, 'deployed-pack');
const healthSchema = z.object({
  status: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).default([]),
});
const firstLineSchema = z.object({ healthUrl: z.string(), gatewayUrl: z.string().optional() });
const [firstKey, secondKey] = [`key-${crypto.randomUUID()}`, `key-${crypto.randomUUID()}`];
// Words that no rule knows, and one that looks like what it is; made here, so that no scanner finds it in the source.
const canaries = { prompt: word(), argument: word(), fault: word(), header: word(), model: word() };
const secret = ['AKIA', 'IOSFODNN7', 'QWERTZU'].join('');

let folder: string;
let front: TlsFront;
let model: ScriptedModel;
let shared: Record<string, string>;
let gateway: Part;
let worker: Part;
/** Everything that any of the processes wrote. */
let written = '';

interface Part {
  program: StartedProgram;
  healthUrl: string;
  gatewayUrl: string | undefined;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-deployed-'));
  for (const name of ['worker', 'audit']) await placeBundles(join(folder, name));
  const authority = makeAuthority('authority of the test');
  const client = authority.issue({ name: 'countersign' });
  front = await startTlsFront({
    upstream: inject('temporal').address,
    certificate: authority.issue({ name: 'temporal', names: ['temporal.example'] }),
    clientAuthority: authority.crt,
    apiKeys: [firstKey],
  });
  model = await startScriptedModel();
  writeFileSync(join(folder, 'canary'), `${canaries.fault} aws_access_key_id = ${secret}\n`);
  shared = {
    TEMPORAL_ADDRESS: front.address,
    TEMPORAL_NAMESPACE: `deployed-${crypto.randomUUID()}`,
    TEMPORAL_API_KEY_FILE: file('api-key', firstKey),
    TEMPORAL_TLS_CLIENT_CERT_PATH: file('client.crt', client.crt),
    TEMPORAL_TLS_CLIENT_KEY_PATH: file('client.key', client.key),
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.crt', authority.crt),
    TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
    COUNTERSIGN_STORE: join(folder, 'store.db'),
    COUNTERSIGN_KEY_REGISTRY_FILE: join(folder, 'registry', 'registry.json'),
    COUNTERSIGN_HEALTH_PORT: '0',
    COUNTERSIGN_DRAIN_MS: '20000',
    COUNTERSIGN_LOG_LEVEL: 'debug',
    COUNTERSIGN_TEST_FOLDER: folder,
  };
  const set = await countersign(['setup', '--json'], { ...keys('ticket', 'vote', 'control', 'decision', 'receipt') });
  if (set.exit !== 0) throw new Error(`setup ended with ${set.exit}: ${set.stdout}`);
  [gateway, worker] = await Promise.all([startGateway(), startWorker()]);
}, 180_000);

afterAll(async () => {
  for (const part of [gateway, worker] as (Part | undefined)[]) {
    part?.program.child.kill('SIGKILL');
    // Else it may still write into the folder that is removed here.
    await part?.program.ended;
  }
  await front.close();
  await model.stop();
  await rm(folder, { recursive: true, force: true });
});

test('both live and are ready, and say why without a secret', async () => {
  for (const [part, names] of [
    [gateway, ['Temporal', 'Store', 'Signing keys', 'Agent pack']],
    [worker, ['Temporal', 'Task queues', 'Store', 'Signing keys', 'Agent pack']],
  ] as const) {
    expect(await ask(part, '/healthz')).toMatchObject({ code: 200, body: { status: 'ok' } });
    const { code, body, text } = await ask(part, '/readyz');
    expect({ code, status: body.status, names: body.checks.map(({ name }) => name) }).toEqual({
      code: 200,
      status: 'ready',
      names,
    });
    expect(text).not.toContain(firstKey);
    expect((await fetch(`${part.healthUrl}/readyz`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${part.healthUrl}/else`)).status).toBe(404);
  }
});

test('a run goes through both; replay and doctor reach the server by the same settings', async () => {
  model.script(canaries.prompt, [
    { calls: [{ name: 'read_status', args: { name: canaries.argument } }] },
    { calls: [{ name: 'break_down', args: { name: 'all' } }] },
    { text: `All is well, ${canaries.model}.` },
  ]);
  const run = await countersign(['run', 'deployed', `look at ${canaries.prompt}`, '--json'], ofGateway());
  expect(run.exit, run.stderr).toBe(0);
  const { workflowId } = z.object({ workflowId: z.string() }).parse(JSON.parse(run.stdout));
  const [replay, doctor] = await Promise.all([
    countersign(['replay', workflowId, '--json'], { COUNTERSIGN_STATE: join(folder, 'audit') }),
    countersign(['doctor', '--json'], { COUNTERSIGN_STATE: join(folder, 'audit') }),
  ]);
  expect(JSON.parse(replay.stdout)).toMatchObject({ verdict: 'verified' });
  const { checks } = z.object({ checks: healthSchema.shape.checks }).parse(JSON.parse(doctor.stdout));
  for (const name of ['Temporal', 'Client certificate', 'Store', 'Signing keys']) {
    expect(checks.find((check) => check.name === name)).toMatchObject({ ok: true });
  }
  // For the log to keep quiet about.
  const headers = { authorization: `Bearer cs_${canaries.header}`, 'x-other': canaries.header };
  expect((await fetch(`${gateway.gatewayUrl}/v1/runs`, { headers })).status).toBe(401);
});

test('a rotated API key is taken by running processes', async () => {
  front.accept([firstKey, secondKey]);
  writeFileSync(join(folder, 'api-key'), secondKey);
  for (const part of [gateway, worker]) expect((await ask(part, '/readyz')).code).toBe(200);
  await until('the new key to be shown', () => front.keysSeen.has(secondKey));
  front.accept([secondKey]);
  model.script('after the rotation', [{ text: 'Still here.' }]);
  const run = await countersign(['run', 'deployed', 'after the rotation', '--json'], ofGateway());
  expect(run.exit, run.stderr).toBe(0);
});

test('P5 a worker told to stop is not ready, lets its effect end with a receipt, and exits with 0', async () => {
  const workflowId = await startSlow('web');
  worker.program.child.kill('SIGTERM');
  await until('the worker to say that it stops', async () => (await ask(worker, '/readyz')).body.status === 'stopping');
  expect(await ask(worker, '/readyz')).toMatchObject({ code: 503 });
  expect(await ask(worker, '/healthz')).toMatchObject({ code: 200 });
  writeFileSync(join(folder, 'gate-web'), '');
  expect(await ended(worker)).toBe(0);
  expect(lines('web')).toEqual([`started web ${workflowId}/1.0`, `done web ${workflowId}/1.0`]);
  worker = await startWorker({ COUNTERSIGN_DRAIN_MS: '100' });
  expect((await countersign(['watch', workflowId], ofGateway())).exit).toBe(0);
  expect(lines('web')).toHaveLength(2);
});

test('P5 an effect that does not end within the drain becomes unknown and is asked about, never tried again', async () => {
  const workflowId = await startSlow('db', 'stuck_restart');
  worker.program.child.kill('SIGTERM');
  expect(await ended(worker)).toBe(0);
  worker = await startWorker();
  const asked = await until('the question', async () => {
    const { stdout } = await countersign(['approvals', '--run', workflowId, '--json'], ofGateway());
    const { approvals } = z.object({ approvals: z.array(z.object({ kind: z.string() })) }).parse(JSON.parse(stdout));
    return approvals[0];
  });
  expect(asked.kind).toBe('reconcile');
  expect(lines('db')).toEqual([`started db ${workflowId}/1.0`]);
  expect((await countersign(['cancel', workflowId, '--reason', 'the test is over'], ofGateway())).exit).toBe(0);
});

test('a second signal ends a worker at once', async () => {
  await startSlow('mail');
  worker.program.child.kill('SIGTERM');
  await until('the worker to say that it stops', async () => (await ask(worker, '/readyz')).body.status === 'stopping');
  worker.program.child.kill('SIGTERM');
  expect(await ended(worker)).toBe(130);
});

test('a gateway told to stop answers the request that is open, takes no other, and exits with 0', async () => {
  const url = new URL(gateway.gatewayUrl ?? '');
  const socket = connect(Number(url.port), url.hostname);
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
  const body = JSON.stringify({ agent: 'deployed', input: 'x', more: 'unknown field' });
  const key = readFileSync(join(folder, 'gateway', 'api-key'), 'utf8').trim();
  const head = ['POST /v1/runs HTTP/1.1', `host: ${url.host}`, 'content-type: application/json'];
  head.push(`authorization: Bearer ${key}`, `content-length: ${body.length}`, '', body.slice(0, 5));
  socket.write(head.join('\r\n'));
  // Answered after it on another connection: the gateway has read the head.
  await until('the gateway to have read it', async () => (await fetch(`${url.origin}/v1/health`)).ok);
  gateway.program.child.kill('SIGTERM');
  await until(
    'the gateway to say that it stops',
    async () => (await ask(gateway, '/readyz')).body.status === 'stopping',
  );
  await until('the gateway to take nothing new', () =>
    fetch(`${url.origin}/v1/health`).then(
      () => false,
      () => true,
    ),
  );
  socket.write(body.slice(5));
  expect(await ended(gateway)).toBe(0);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /u);
});

test('a gateway whose server is away lives and is not ready, says so, and still ends in order', async () => {
  gateway = await startGateway();
  await front.close();
  const found = await until('the gateway to notice', async () => {
    const answer = await ask(gateway, '/readyz');
    return answer.code === 503 ? answer.body : undefined;
  });
  expect(found.checks.find(({ ok }) => !ok)).toMatchObject({
    name: 'Temporal',
    detail: expect.stringContaining('server-unavailable'),
  });
  expect(await ask(gateway, '/healthz')).toMatchObject({ code: 200 });
  gateway.program.child.kill('SIGTERM');
  expect(await ended(gateway)).toBe(0);
});

test('no process wrote a canary or a key, and every line of their logs is JSON', () => {
  const logged = written.split('\n').filter((line) => line !== '');
  const messages = logged.map((line) => z.object({ part: z.string(), message: z.string() }).parse(JSON.parse(line)));
  expect(new Set(messages.map(({ part }) => part))).toEqual(new Set(['gateway', 'worker']));
  for (const message of ['ready', 'stopped', 'answered', 'authentication failed']) {
    expect(messages.map((one) => one.message)).toContain(message);
  }
  const key = readFileSync(join(folder, 'gateway', 'api-key'), 'utf8').trim();
  const forbidden = { ...canaries, secret, firstKey, secondKey, key, private: 'PRIVATE KEY' };
  for (const [name, canary] of Object.entries(forbidden)) expect(written.includes(canary), name).toBe(false);
});

async function startGateway(): Promise<Part> {
  const argv = ['gateway', pack, '--port', '0', '--json'];
  return await startPart(argv, { ...ofGateway(), ...keys('ticket', 'vote', 'control') });
}

async function startWorker(changes: Record<string, string> = {}): Promise<Part> {
  const own = { COUNTERSIGN_STATE: join(folder, 'worker'), OPENAI_BASE_URL: model.baseURL };
  return await startPart(['worker', pack, '--json'], { ...own, ...keys('decision', 'receipt'), ...changes });
}

async function startPart(argv: string[], environment: Record<string, string>): Promise<Part> {
  const program = startProgram(argv, { ...shared, ...environment });
  const { healthUrl, gatewayUrl } = firstLineSchema.parse(await program.firstLine);
  return { program, healthUrl, gatewayUrl };
}

async function ended({ program }: Part): Promise<number | null> {
  const { exit, stderr } = await program.ended;
  written += stderr;
  return exit;
}

function ofGateway(): Record<string, string> {
  return { COUNTERSIGN_STATE: join(folder, 'gateway') };
}

async function countersign(argv: string[], environment: Record<string, string>): Promise<ProgramResult> {
  return await runProgram(argv, { ...shared, COUNTERSIGN_STATE: join(folder, 'setup'), ...environment });
}

async function startSlow(name: string, tool = 'slow_restart'): Promise<string> {
  const input = `restart ${name} slowly`;
  model.script(input, [{ calls: [{ name: tool, args: { name } }] }, { text: 'Done.' }]);
  const { stdout, stderr } = await countersign(['run', 'deployed', input, '--no-wait', '--json'], ofGateway());
  const { workflowId } = z.object({ workflowId: z.string() }).parse(JSON.parse(stdout), { error: () => stderr });
  await until('the effect to start', () => lines(name).length > 0);
  return workflowId;
}

function lines(name: string): string[] {
  const path = join(folder, 'log');
  const all = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return all.filter((line) => line.split(' ')[1] === name);
}

async function ask({ healthUrl }: Part, path: string) {
  const response = await fetch(`${healthUrl}${path}`);
  const text = await response.text();
  return { code: response.status, text, body: healthSchema.parse(JSON.parse(text)) };
}

function keys(...domains: string[]): Record<string, string> {
  const path = (domain: string): string => join(folder, 'keys', domain, 'key');
  return Object.fromEntries(domains.map((domain) => [`COUNTERSIGN_KEY_${domain.toUpperCase()}_FILE`, path(domain)]));
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}

function word(): string {
  return `canary${crypto.randomUUID().replaceAll('-', '')}`;
}
