import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type EmbeddedEngine, type EmbeddedEngineOptions, startEmbeddedEngine } from '../../engine/dev-server.ts';
import { findEmbeddedEngine, writeEngineRecord } from '../../engine/engine-record.ts';
import { loopback } from '../../engine/ports.ts';
import { processIdentity, processIsAlive } from '../../engine/process-identity.ts';
import { listeningAddressesOf } from './engine-listening.ts';

const namespace = 'countersign-test';

async function stateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function startEngine(folder: string, options: Partial<EmbeddedEngineOptions> = {}): Promise<EmbeddedEngine> {
  const engine = await startEmbeddedEngine({
    stateFolder: folder,
    namespace,
    port: 0,
    uiPort: 0,
    retentionDays: 30,
    synchronous: 'normal',
    ...options,
  });
  onTestFinished(() => engine.stop());
  return engine;
}

async function clientOf(address: string): Promise<Client> {
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  return new Client({ connection, namespace });
}

async function retentionDaysOf(client: Client): Promise<number> {
  const { config } = await client.workflowService.describeNamespace({ namespace });
  return Number(config?.workflowExecutionRetentionTtl?.seconds) / 86_400;
}

/** Starts a run that no worker will take, with one signal: two events that must survive. */
async function startRun(client: Client, workflowId: string): Promise<void> {
  const handle = await client.workflow.start('agent-run', { workflowId, taskQueue: 'nobody' });
  await handle.signal('vote', { verdict: 'deny' });
}

async function eventCountOf(client: Client, workflowId: string): Promise<number> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  return history.events?.length ?? 0;
}

async function startOwner(folder: string): Promise<{ owner: ChildProcess; pid: number; address: string }> {
  const program = fileURLToPath(new URL('./engine-owner.ts', import.meta.url));
  const owner = spawn(process.execPath, ['--no-warnings', program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void owner.kill('SIGKILL'));
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  return { owner, ...(JSON.parse(line.toString()) as { pid: number; address: string }) };
}

describe('an embedded engine', () => {
  test('that is killed keeps every history, and says that it has ended', async () => {
    const folder = await stateFolder();
    const first = await startEngine(folder);
    const client = await clientOf(first.address);
    await startRun(client, 'run-1');
    const count = await eventCountOf(client, 'run-1');
    expect(count).toBe(3);
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toBe(137);
    expect(await findEmbeddedEngine(folder)).toEqual({ kind: 'none' });

    const second = await startEngine(folder);
    expect(await eventCountOf(await clientOf(second.address), 'run-1')).toBe(count);
  });

  test('ends with its owner when that is killed, and the next one goes on with its database', async () => {
    const folder = await stateFolder();
    const { owner, pid, address } = await startOwner(folder);
    await startRun(await clientOf(address), 'run-2');
    expect(await findEmbeddedEngine(folder)).toMatchObject({ kind: 'running', record: { pid, address } });
    owner.kill('SIGKILL');
    await vi.waitFor(() => expect(processIsAlive(pid)).toBe(false), { timeout: 10_000 });
    expect(await findEmbeddedEngine(folder)).toMatchObject({ kind: 'stale' });

    const next = await startEngine(folder);
    expect(await eventCountOf(await clientOf(next.address), 'run-2')).toBe(3);
  });

  test('that lost its owner and lives still is ended before another opens its database', async () => {
    const folder = await stateFolder();
    const orphan = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void orphan.kill('SIGKILL'));
    await once(orphan, 'spawn');
    const pid = orphan.pid ?? 0;
    const ended = once(orphan, 'exit');
    const identity = (await processIdentity(pid)) ?? '';
    const addresses = { address: `${loopback}:1`, uiUrl: `http://${loopback}:2` };
    await writeEngineRecord(folder, { pid, identity, ...addresses, namespace, startedAt: 1 });
    await startEngine(folder);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  test('does not end a process that has the id of an earlier engine by chance', async () => {
    const folder = await stateFolder();
    const { pid } = await startOwner(await stateFolder());
    const addresses = { address: `${loopback}:1`, uiUrl: `http://${loopback}:2` };
    await writeEngineRecord(folder, { pid, identity: 'an earlier boot', ...addresses, namespace, startedAt: 1 });
    await startEngine(folder);
    expect(processIsAlive(pid)).toBe(true);
  });

  test('is the only one on its state folder, and frees it when stopped', async () => {
    const folder = await stateFolder();
    const { owner } = await startOwner(folder);
    await expect(startEngine(folder)).rejects.toMatchObject({ code: 'conflict' });
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const engine = await startEngine(folder);
    await engine.stop();
    await engine.stop();
    expect(processIsAlive(engine.pid)).toBe(false);
    expect(await findEmbeddedEngine(folder)).toEqual({ kind: 'none' });
  });

  test('takes other ports when the usual ones are taken, and the same ones again after a restart', async () => {
    const folder = await stateFolder();
    for (const port of [7233, 8233]) {
      // Where the listening fails, somebody else has the port already, which is as good.
      const server = createServer();
      await new Promise<void>((resolve) => {
        server.once('error', () => resolve());
        server.listen(port, loopback, () => resolve());
      });
      onTestFinished(() => void server.close());
    }
    const options = { namespace, retentionDays: 1, synchronous: 'full', stateFolder: folder } as const;
    const first = await startEmbeddedEngine(options);
    onTestFinished(() => first.stop());
    expect(first.address).not.toMatch(/:7233$/);
    expect(first.uiUrl).not.toMatch(/:8233$/);
    expect((await fetch(first.uiUrl)).status).toBe(200);
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const second = await startEmbeddedEngine(options);
    onTestFinished(() => second.stop());
    expect({ address: second.address, uiUrl: second.uiUrl }).toEqual({ address: first.address, uiUrl: first.uiUrl });
  });

  test('refuses a port that it was told to take and is taken', async () => {
    const folder = await stateFolder();
    const other = await startEngine(await stateFolder());
    const port = Number(other.address.split(':').at(-1));
    await expect(startEngine(folder, { port })).rejects.toMatchObject({
      code: 'engine-unavailable',
      message: `Cannot start the engine: port ${port} is taken, expected a free one; choose another or leave the setting out`,
    });
  });

  test('has the retention set, also after a restart, and also when the setting changes', async () => {
    const folder = await stateFolder();
    const first = await startEngine(folder, { retentionDays: 30 });
    expect(await retentionDaysOf(await clientOf(first.address))).toBe(30);
    await first.stop();
    const second = await startEngine(folder, { retentionDays: 30 });
    expect(await retentionDaysOf(await clientOf(second.address))).toBe(30);
    await second.stop();
    const third = await startEngine(folder, { retentionDays: 90 });
    expect(await retentionDaysOf(await clientOf(third.address))).toBe(90);
  });

  test('has our search attribute from the first run on', async () => {
    const engine = await startEngine(await stateFolder());
    const client = await clientOf(engine.address);
    const { operatorService } = client.connection as Connection;
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    expect(Object.keys(customAttributes ?? {})).toContain('CountersignState');
  });

  test('that cannot start says what the server said, and leaves the folder free', async () => {
    const folder = await stateFolder();
    const failing = startEngine(folder, { searchAttributes: { CountersignState: 'Colour' } });
    await expect(failing).rejects.toMatchObject({
      code: 'engine-unavailable',
      message: expect.stringMatching(/Colour/),
    });
    expect(await findEmbeddedEngine(folder)).toEqual({ kind: 'none' });
    await startEngine(folder);
  });

  test('keeps its state folder for its owner', async () => {
    const folder = await stateFolder();
    await startEngine(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'engine.db')).mode & 0o777).toBe(0o600);
  });

  test('listens on loopback only, on every port it has', async () => {
    const engine = await startEngine(await stateFolder());
    const addresses = await listeningAddressesOf(engine.pid);
    expect(addresses.length).toBeGreaterThan(2);
    expect(new Set(addresses)).toEqual(new Set([loopback]));
  });
});
