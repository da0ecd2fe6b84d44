/**
 * Reminders and escalation by real processes: two gateways and a worker, all of them killed before a reminder is due, and a run
 * that goes on in a new link while it waits. Each is told once and in time; nothing is answered by it; and those whom the
 * escalation brings in can answer then, and not before (P3).
 */
import { createServer, type Server } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { Countersign } from '../../client/gateway-client.ts';
import { createServerSource } from '../../audit/fetch-chain.ts';
import { readRecord } from '../../audit/read-record.ts';
import { entriesOf } from '../../audit/record-types.ts';
import { openTemporalDoor, type TemporalDoor } from '../../client/temporal-door.ts';
import { placeBundles } from '../support/bundle-folder.ts';
import { killProgram, runProgram, type StartedProgram, startProgram } from '../support/program.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { gatewayPollMs, until } from '../support/until.ts';

const pack = join(import.meta.dirname, 'reminding-pack');
/** As policy.yaml there says: all processes die and start again in between, also on a busy machine. */
const [reminderAfterMs, escalationAfterMs] = [20_000, 50_000];
const secret = `whsec_${randomBytes(32).toString('base64')}`;
const eventSchema = z.object({
  type: z.string(),
  data: z.looseObject({ nonce: z.string(), escalatedTo: z.unknown().optional() }),
});

interface Told {
  id: string;
  at: number;
  event: z.infer<typeof eventSchema>;
}

interface Gateway {
  program: StartedProgram;
  client: Countersign;
}

let folder: string;
let receiver: Server;
const told: Told[] = [];
let model: ScriptedModel;
let door: TemporalDoor;
let shared: Record<string, string>;
let gateways: Gateway[] = [];
let worker: StartedProgram | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-reminders-'));
  for (const name of ['worker', 'east']) await placeBundles(join(folder, name));
  receiver = await startReceiver();
  model = await startScriptedModel();
  const { address } = inject('temporal');
  const namespace = `reminders-${crypto.randomUUID()}`;
  shared = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    COUNTERSIGN_STORE: join(folder, 'store.db'),
    COUNTERSIGN_KEY_REGISTRY_FILE: join(folder, 'registry', 'registry.json'),
    COUNTERSIGN_TEST_FOLDER: folder,
    COUNTERSIGN_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`,
    COUNTERSIGN_WEBHOOK_SECRET_FILE: join(folder, 'webhook-secret'),
    COUNTERSIGN_WEBHOOK_PRIVATE: 'true',
  };
  writeFileSync(join(folder, 'webhook-secret'), secret, { mode: 0o600 });
  const own = { COUNTERSIGN_STATE: join(folder, 'setup'), ...keys('ticket', 'vote', 'control', 'decision', 'receipt') };
  const set = await runProgram(['setup', '--json'], { ...shared, ...own });
  if (set.exit !== 0) throw new Error(`setup ended with ${set.exit}: ${set.stderr}`);
  door = await openTemporalDoor({ address, namespace });
  await startAll();
}, 120_000);

afterAll(async () => {
  await killAll();
  await door.close();
  await model.stop();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

test('P3 reminders and escalation outlive every process, come once and in time, and answer nothing', async () => {
  const input = 'restart the web service';
  model.script(input, [{ calls: [{ name: 'restart', args: { name: 'web' } }] }, { text: 'Done.' }]);
  const { workflowId } = await gateway().runs.start({ agent: 'reminding', input });
  const requested = await until('the request to be told', () => ofType('approval.requested')[0]);
  const { nonce } = requested.event.data;
  await until('it to be written down', async () => (await stateOfNotice(nonce)) === 'told', 30_000, gatewayPollMs);
  const { askedAt, cardDigest } = z.object({ askedAt: z.number(), cardDigest: z.string() }).parse(requested.event.data);

  // Who comes with the escalation may not answer yet.
  const early = gateway().approvals.vote(nonce, { verdict: 'approve', cardDigest });
  await expect(early).rejects.toMatchObject({ code: 'forbidden' });

  await killAll();
  expect(Date.now(), 'the machine is too slow: the reminder was due').toBeLessThan(askedAt + reminderAfterMs);
  await startAll();
  await makeNewLink(workflowId);
  expect(Date.now(), 'the machine is too slow: it was escalated').toBeLessThan(askedAt + escalationAfterMs);

  const bothTold = () => {
    const [first, second] = ofType('approval.reminded');
    return first && second ? [first, second] : undefined;
  };
  const [reminder, escalation] = await until('both to be told', bothTold, escalationAfterMs + 60_000);
  for (const [one, afterMs] of [
    [reminder, reminderAfterMs],
    [escalation, escalationAfterMs],
  ] as const) {
    expect(one?.event.data.nonce).toBe(nonce);
    expect(one?.at).toBeGreaterThanOrEqual(askedAt + afterMs);
  }
  expect(reminder?.event.data.escalatedTo).toBeNull();
  expect(escalation?.event.data.escalatedTo).toMatchObject({ roles: ['admin'] });
  // Nobody has answered, and nothing was done.
  expect(await gateway().approvals.get(nonce)).toMatchObject({ outcome: null, votes: [] });
  expect(await door.runState(workflowId, 5000)).toMatchObject({ state: 'waiting-for-approval', link: 2 });

  expect(await gateway().approvals.vote(nonce, { verdict: 'approve', cardDigest })).toMatchObject({
    status: 'applied',
  });
  await until('the run to end', async () => (await door.runEnd(workflowId)) !== undefined);
  expect(readFileSync(join(folder, 'effects'), 'utf8')).toBe('restart web\n');
  await until('its end to be told', () => ofType('approval.closed')[0]);
  // By several gateways, of which some died: each event under one id, and each but once.
  expect(told.map(({ event }) => event.type).toSorted()).toEqual([
    'approval.closed',
    'approval.reminded',
    'approval.reminded',
    'approval.requested',
  ]);
  expect(new Set(told.map(({ id }) => id)).size).toBe(4);
  // Who was told and when is on record, whichever process told it.
  const moments = await until('the end to be written down', async () => {
    const [webhook] = (await gateway().approvals.get(nonce)).told ?? [];
    return webhook?.moments.some(({ moment }) => moment === 'closed') ? webhook.moments : undefined;
  });
  const { origin } = new URL(shared['COUNTERSIGN_WEBHOOK_URL'] ?? '');
  expect(moments).toMatchObject([
    { moment: 'requested', dueAt: askedAt, reached: [origin] },
    { moment: 'reminded', dueAt: askedAt + reminderAfterMs },
    { moment: 'escalated', dueAt: askedAt + escalationAfterMs },
    { moment: 'closed' },
  ]);
  expect(await saidInHistory(workflowId)).toContain(`requested at ${new Date(moments[0]?.toldAt ?? 0).toISOString()}`);
  const replayed = await runProgram(['replay', workflowId], { ...shared, COUNTERSIGN_STATE: join(folder, 'east') });
  expect(replayed.stdout).toContain(
    `told: webhook (${origin}) at ${new Date(moments[0]?.toldAt ?? 0).toISOString()}; not signed`,
  );
}, 240_000);

async function startAll(): Promise<void> {
  const of = { ...shared, ...keys('decision', 'receipt'), OPENAI_BASE_URL: model.baseURL };
  worker = startProgram(['worker', pack, '--json'], { ...of, COUNTERSIGN_STATE: join(folder, 'worker') });
  const [both] = await Promise.all([Promise.all(['east', 'west'].map(startGateway)), worker.firstLine]);
  gateways = both;
}

async function startGateway(name: string): Promise<Gateway> {
  const own = { COUNTERSIGN_STATE: join(folder, name), ...keys('ticket', 'vote', 'control') };
  const program = startProgram(['gateway', pack, '--port', '0', '--json'], { ...shared, ...own });
  const line = z.object({ gatewayUrl: z.string(), apiKeyFile: z.string() }).parse(await program.firstLine);
  const apiKey = readFileSync(line.apiKeyFile, 'utf8').trim();
  return { program, client: new Countersign({ url: line.gatewayUrl, apiKey, timeoutMs: 30_000 }) };
}

async function killAll(): Promise<void> {
  const programs = [worker, ...gateways.map(({ program }) => program)];
  await Promise.all(programs.map(async (program) => program && (await killProgram(program))));
  worker = undefined;
  gateways = [];
}

function gateway(): Countersign {
  const [first] = gateways;
  if (!first) throw new TypeError('no gateway runs');
  return first.client;
}

function startReceiver(): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { 'webhook-id': id, ...others } = request.headers;
      const headers = { 'webhook-id': String(id), ...others } as unknown as Record<string, string>;
      const event = eventSchema.parse(new Webhook(secret).verify(Buffer.concat(chunks).toString('utf8'), headers));
      told.push({ id: String(id), at: Date.now(), event });
      response.writeHead(204).end();
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function ofType(type: string): Told[] {
  return told.filter(({ event }) => event.type === type);
}

async function stateOfNotice(nonce: string): Promise<string | undefined> {
  return (await gateway().notices.of(nonce))[0]?.state;
}

/** What the run's own history says of who was told, all links together. */
async function saidInHistory(workflowId: string): Promise<string> {
  const said: string[] = [];
  for await (const { link } of createServerSource({ door }).walk(workflowId)) {
    if (!link) continue;
    const { links } = readRecord(workflowId, [link]);
    for (const entry of entriesOf(links, 'activity')) {
      if (entry.activityType === 'notifyApprovers') said.push(JSON.stringify(entry.end));
    }
  }
  return said.join('\n');
}

/** Junk fills the history until the link ends by itself, while it waits. */
async function makeNewLink(workflowId: string): Promise<void> {
  const handle = door.client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  await until('a new link', async () => {
    await door.signal(workflowId, 'vote', { junk: true });
    return (await handle.describe()).runId !== runId;
  });
}

function keys(...domains: string[]): Record<string, string> {
  const path = (domain: string): string => join(folder, 'keys', domain, 'key');
  return Object.fromEntries(domains.map((domain) => [`COUNTERSIGN_KEY_${domain.toUpperCase()}_FILE`, path(domain)]));
}
