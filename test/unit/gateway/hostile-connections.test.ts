/** What is sent to the port itself: no HTTP, half of it, addresses that no router reads. Spoken over real sockets. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { problemSchema } from '../../../client/gateway-schemas.ts';
import { type RunningGateway, startGateway } from '../../../gateway/index.ts';
import { canary, startWorld, type World } from './gateway-world.ts';

let world: World;
let gateway: RunningGateway;
let key: string;
beforeEach(async () => {
  world = await startWorld();
  gateway = await startGateway(world.options);
  key = await world.key('bob');
});
afterEach(async () => {
  await gateway.close();
  await world.close();
});

/** Sends these lines and reads until the gateway hangs up. */
async function say(lines: readonly string[]): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body };
}

const usual = () => ['Host: 127.0.0.1', `Authorization: Bearer ${key}`, 'Connection: close'];

it('a whole request is answered, which shows that the others failed for what was done to them', async () => {
  expect((await say(['GET /v1/runs HTTP/1.1', ...usual()])).status).toBe(200);
});

it.each([
  ['no HTTP', () => [`hello ${canary}`], 400],
  ['two lengths', () => ['POST /v1/runs HTTP/1.1', ...usual(), 'Content-Length: 2', 'Content-Length: 3'], 400],
  [
    'a length and chunks, of which a proxy may read the other',
    () => ['POST /v1/runs HTTP/1.1', ...usual(), 'Content-Length: 2', 'Transfer-Encoding: chunked'],
    400,
  ],
  ['an endless header', () => ['GET /v1/runs HTTP/1.1', ...usual(), `X-Long: ${'x'.repeat(20_000)}`], 431],
  ['an address that does not decode', () => [`GET /v1/runs/%zz${canary} HTTP/1.1`, ...usual()], 400],
  ['an id of a thousand characters', () => [`GET /v1/runs/${canary.repeat(60)} HTTP/1.1`, ...usual()], 414],
])('%s is answered with a problem that repeats nothing', async (_what, lines, status) => {
  const answer = await say(lines());
  expect(answer.status).toBe(status);
  expect(`${answer.head}${answer.body}`).not.toContain(canary);
  expect(problemSchema.parse(JSON.parse(answer.body))).toMatchObject({ status });
  expect(world.log.join('')).not.toContain(canary);
  expect(world.log.join('')).not.toContain(key.slice(16));
});

it.each([
  ['1.0', 403],
  ['1.1', 400],
])('a request of HTTP/%s without a host is refused', async (version, status) => {
  const answer = await say([`GET /v1/runs HTTP/${version}`, `Authorization: Bearer ${key}`, 'Connection: close']);
  expect(answer.status).toBe(status);
});

it('a body that never says how long it is ends where the limit is', async () => {
  const chunk = 'x'.repeat(0x8000);
  const chunks = Array.from({ length: 4 }, () => `8000\r\n${chunk}`).join('\r\n');
  const head = ['POST /v1/fleet/freeze HTTP/1.1', ...usual(), 'Content-Type: application/json'];
  const answer = await say([...head, 'Transfer-Encoding: chunked', '', chunks, '0']);
  expect(answer.status).toBe(413);
});

it('a request must be whole within a bound, however slowly it is sent', () => {
  expect(world.app.server.requestTimeout).toBeGreaterThan(0);
  expect(world.app.server.headersTimeout).toBeGreaterThan(0);
});

it('a preferred port that somebody took in between is passed over, a demanded one is an error', async () => {
  const taken = Number(new URL(gateway.url).port);
  const other = await startGateway({ ...world.options, preferredPorts: [taken, taken] });
  try {
    expect(new URL(other.url).port).not.toBe(String(taken));
  } finally {
    await other.close();
  }
  await expect(startGateway({ ...world.options, port: taken })).rejects.toMatchObject({ code: 'config-invalid' });
  const again = Number(new URL(other.url).port);
  const third = await startGateway({ ...world.options, preferredPorts: [taken, again] });
  await third.close();
  expect(new URL(third.url).port).toBe(String(again));
});
