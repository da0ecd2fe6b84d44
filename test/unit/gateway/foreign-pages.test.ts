/** Web pages that reach loopback: by a rebound name, by the address itself, from another port. None gets anything. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway } from '../../../gateway/index.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await startWorld();
  key = await world.key('bob');
});
afterEach(() => world.close());

/** Even with a key that stands. */
async function statusWith(headers: Record<string, string>, url = '/v1/runs'): Promise<number> {
  return (await world.call('GET', url, { key, headers })).status;
}

describe('the host', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1:7420', '[::1]:7420'])('%s is answered', async (host) => {
    expect(await statusWith({ host })).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:7420',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example#localhost',
    'localhost@evil.example',
    'localhost:7420:80',
    '10.0.0.1',
    '0.0.0.0',
  ])('"%s" is refused, which a page with a rebound name would send', async (host) => {
    expect(await statusWith({ host })).toBe(403);
    expect(await statusWith({ host }, '/v1/health')).toBe(403);
    expect(await statusWith({ host }, '/nothing')).toBe(403);
  });

  it('that a proxy is said to have seen counts for nothing', async () => {
    const forwarded = { 'x-forwarded-host': 'localhost', forwarded: 'host=localhost' };
    expect(await statusWith({ host: 'evil.example', ...forwarded })).toBe(403);
  });

  it('other than loopback is not listened on unless told so', async () => {
    await expect(createGateway({ ...world.options, host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'config-invalid',
    });
    const remote = await createGateway({ ...world.options, host: '0.0.0.0', allowRemote: true });
    const answer = await remote.inject({ method: 'GET', url: '/v1/health', headers: { host: 'gateway.example' } });
    await remote.close();
    expect(answer.statusCode).toBe(200);
  });
});

describe('a page', () => {
  const host = 'localhost:7420';

  it.each([
    'http://evil.example',
    'null',
    'file://',
    'http://localhost:3000',
    'http://127.0.0.1:7420',
    'https://localhost:7420',
    'localhost:7420',
    'http://localhost:7420.evil.example',
  ])('of the origin "%s" is refused', async (origin) => {
    expect(await statusWith({ host, origin })).toBe(403);
    expect(await statusWith({ host, origin }, '/v1/health')).toBe(403);
  });

  it.each(['cross-site', 'same-site', 'anything'])('that its browser calls "%s" is refused', async (site) => {
    expect(await statusWith({ host, 'sec-fetch-site': site }, '/v1/health')).toBe(403);
  });

  it.each<Record<string, string>>([
    { origin: 'http://localhost:7420', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ])('of the gateway itself, or typed by the person, is answered: %j', async (headers) => {
    expect(await statusWith({ host, ...headers })).toBe(200);
  });

  it('uses up nothing of what the person at this machine may ask', async () => {
    const rateLimits = { perAddress: 2, perKey: 2 };
    const limited = await createGateway({ ...world.options, rateLimits });
    const ask = async (headers: Record<string, string>) =>
      (await limited.inject({ method: 'GET', url: '/v1/health', headers: { host, ...headers } })).statusCode;
    const page = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    const statuses = [await ask(page), await ask(page), await ask(page), await ask({})];
    await limited.close();
    expect(statuses).toEqual([403, 403, 403, 200]);
  });

  it('is given leave by no answer to read it', async () => {
    const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
    const answers = [
      await world.call('GET', '/v1/health', { headers: { host, origin: 'http://evil.example' } }),
      await world.call('GET', '/v1/runs', { key, headers: { host, origin: `http://${host}` } }),
      await world.call('OPTIONS', '/v1/runs', { headers: { host, origin: `http://${host}`, ...preflight } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 200, 404]);
    const given = answers.flatMap(({ headers }) => Object.keys(headers));
    expect(given).toContain('cross-origin-resource-policy');
    expect(given.filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('and its browser keep no answer', async () => {
    for (const url of ['/v1/runs', '/v1/approvals', '/nothing']) {
      expect((await world.call('GET', url, { key })).headers['cache-control'], url).toBe('no-store');
    }
  });
});
