/** Who is told of changes no more: a stream that was opened outlives neither its key nor its session by more than a beat. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let url: string;
let bob: string;
let cookie: string;
beforeEach(async () => {
  world = await startWorld({ gateway: { watchEveryMs: 5 } });
  url = await world.app.listen({ host: '127.0.0.1', port: 0 });
  bob = await world.key('bob', { expiresAt: world.clock.at + 100 * 3_600_000 });
  const made = await world.call('POST', '/v1/inbox/sign-in-links', { key: bob });
  const body = { token: String(made.body['url']).split('#sign-in=')[1] };
  const opened = await world.call('POST', '/v1/inbox/session', { body });
  cookie = String(opened.headers['set-cookie']).split(';', 1)[0] ?? '';
});
afterEach(async () => {
  vi.restoreAllMocks();
  await world.close();
});

async function opened(headers: Record<string, string>) {
  const answer = await fetch(`${url}/v1/approvals/events`, { headers });
  expect(answer.status).toBe(200);
  const reader = answer.body?.getReader();
  if (!reader) throw new TypeError('no stream');
  await reader.read();
  return reader;
}

/** As if the next beat were due. */
function beat(): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 16_000);
}

/** @returns what came; undefined: the stream is over */
async function next(reader: Awaited<ReturnType<typeof opened>>): Promise<string | undefined> {
  const { done, value } = await reader.read();
  return done ? undefined : Buffer.from(value).toString();
}
const another = ': beat\n\n';

it('one that stands goes on', async () => {
  const readers = [await opened({ cookie }), await opened({ authorization: `Bearer ${bob}` })];
  beat();
  expect(await Promise.all(readers.map(next))).toEqual([another, another]);
  await Promise.all(readers.map((reader) => reader.cancel()));
});

it.each<[string, () => Promise<unknown>]>([
  [
    'was signed out',
    () =>
      world.call('DELETE', '/v1/inbox/session', { headers: { cookie, origin: 'http://localhost', host: 'localhost' } }),
  ],
  ['has ended', () => Promise.resolve((world.clock.at += 13 * 3_600_000))],
])('that of a session that %s is over, and the key’s goes on', async (_, end) => {
  const ofSession = await opened({ cookie });
  const ofKey = await opened({ authorization: `Bearer ${bob}` });
  await end();
  beat();
  expect(await next(ofSession)).toBeUndefined();
  expect(await next(ofKey)).toBe(another);
  await ofKey.cancel();
});

it('those of a key that was revoked are over, its sessions’ too', async () => {
  const readers = [await opened({ cookie }), await opened({ authorization: `Bearer ${bob}` })];
  await world.call('DELETE', `/v1/keys/${bob.split('_')[1] ?? ''}`, { key: await world.key('admin') });
  beat();
  expect(await Promise.all(readers.map(next))).toEqual([undefined, undefined]);
});
