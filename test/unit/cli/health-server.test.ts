/** The health port: alive while it lives, ready when every look is good, off unless asked for, and closed to all else. */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type HealthServer, startHealthServer } from '../../../cli/parts/health-server.ts';
import { checkKeys, checkStore, checkTemporal } from '../../../cli/parts/readiness.ts';
import { CountersignError } from '../../../core/errors.ts';
import { readConfig } from '../../../worker/config.ts';

const awsKey = ['AKIA', 'IOSFODNN7', 'QWERTZU'].join('');

async function start(environment: Record<string, string> = { COUNTERSIGN_HEALTH_PORT: '0' }): Promise<HealthServer> {
  const health = await startHealthServer(readConfig(environment));
  onTestFinished(() => health.close());
  return health;
}

async function ask({ url }: HealthServer, path: string, method = 'GET') {
  const response = await fetch(`${url}${path}`, { method });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

test('no port is open unless one is asked for', async () => {
  const health = await start({});
  expect(health.url).toBeUndefined();
  health.watch(() => Promise.resolve([]));
});

test('it is starting, ready, not ready, stopping; and alive throughout', async () => {
  const health = await start();
  const alive = { status: 200, body: { status: 'ok' } };
  expect(await ask(health, '/readyz')).toEqual({ status: 503, body: { status: 'starting', checks: [] } });
  expect(await ask(health, '/healthz')).toEqual(alive);
  health.watch(() => Promise.resolve([{ name: 'Store', ok: true, detail: 'it answers' }]));
  expect(await ask(health, '/readyz?x=1')).toEqual({
    status: 200,
    body: { status: 'ready', checks: [{ name: 'Store', ok: true, detail: 'it answers' }] },
  });
  health.drain();
  expect(await ask(health, '/readyz')).toEqual({ status: 503, body: { status: 'stopping', checks: [] } });
  expect(await ask(health, '/healthz')).toEqual(alive);
});

test('one bad look makes it not ready, and is named', async () => {
  const health = await start();
  health.watch(() =>
    Promise.resolve([
      { name: 'Temporal', ok: false, detail: 'away', remedy: 'x' },
      { name: 'Store', ok: true, detail: 'y' },
    ]),
  );
  const { status, body } = await ask(health, '/readyz');
  expect(status).toBe(503);
  expect(body).toMatchObject({ status: 'not-ready', checks: [{ ok: false }, { ok: true }] });
});

test('a flood of questions costs one look', async () => {
  const health = await start();
  let looks = 0;
  health.watch(() => {
    looks += 1;
    return Promise.resolve([]);
  });
  await Promise.all(Array.from({ length: 20 }, () => ask(health, '/readyz')));
  expect(looks).toBe(1);
});

test('it takes GET and HEAD of two paths, and nothing else', async () => {
  const health = await start();
  expect((await ask(health, '/healthz', 'HEAD')).body).toBeNull();
  expect((await ask(health, '/healthz', 'POST')).status).toBe(405);
  for (const path of ['/', '/metrics', '/healthz/..%2f']) expect((await ask(health, path)).status).toBe(404);
});

test('it closes with a request open', async () => {
  const health = await startHealthServer(readConfig({ COUNTERSIGN_HEALTH_PORT: '0' }));
  const socket = connect(Number(new URL(health.url ?? '').port), '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined).write('GET /healthz HTTP/1.1\r\n');
  await health.close();
  await ended;
  expect(socket.destroyed).toBe(true);
  await expect(ask(health, '/healthz')).rejects.toThrow('fetch failed');
});

test('a port that is taken is said by its variable', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => other.close(() => resolve())));
  const bound = other.address();
  const port = typeof bound === 'object' && bound !== null ? String(bound.port) : '';
  await expect(start({ COUNTERSIGN_HEALTH_PORT: port })).rejects.toThrow('"COUNTERSIGN_HEALTH_PORT"');
});

test('a look that throws is not ok, says its code, and no secret of the words it threw', async () => {
  const fault = new CountersignError('store-unavailable', `Cannot reach the store: login as ${awsKey} refused`);
  const store = await checkStore({ ping: () => Promise.reject(fault) }, () => 'x');
  expect(store).toMatchObject({ name: 'Store', ok: false, detail: expect.stringContaining('store-unavailable: ') });
  expect(store.detail).not.toContain(awsKey);
  const temporal = await checkTemporal({ namespace: 'n', serverTime: () => Promise.reject(new Error('gone')) }, 'a:1');
  expect(temporal).toMatchObject({ ok: false, detail: 'gone' });
});

test('a key that was revoked since the start makes a process not ready', async () => {
  const revoked = new CountersignError('key-unavailable', 'Cannot sign a "vote": it is revoked');
  const keys = {
    signer: (domain: string) => {
      if (domain === 'vote') throw revoked;
      return { domain: 'ticket' as const, kid: 'ticket-1', sign: () => '' };
    },
  };
  expect(await checkKeys(keys, ['ticket'])).toMatchObject({ ok: true, detail: 'ticket-1' });
  expect(await checkKeys(keys, ['ticket', 'vote'])).toMatchObject({ ok: false });
});
