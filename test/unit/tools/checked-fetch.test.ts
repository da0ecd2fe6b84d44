/** Connections to what somebody else chose: no other address than a public one is dialled, whatever names and redirects say. */
import { createServer, type RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkedFetch, type ResolveAll } from '../../../tools/checked-fetch.ts';
import { ToolFailure } from '../../../tools/tool-failure.ts';

/** On loopback, the only place where a test may listen; `allowed` says which of its addresses counts as public. */
const allowed = '127.0.0.1';
const forbidden = '127.0.0.2';

async function serve(listener: RequestListener, host: string, port = 0): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new TypeError('no address');
  return address.port;
}

/** A resolver that answers a name with the next address each time, as a rebinding name server does. */
const answering = (...addresses: string[][]): ResolveAll & { asked: () => number } => {
  let at = 0;
  const resolve: ResolveAll = async () => {
    const now = addresses[Math.min(at, addresses.length - 1)] ?? [];
    at += 1;
    return now.map((address) => ({ address, family: 4 }));
  };
  return Object.assign(resolve, { asked: () => at });
};

async function world() {
  const seen: { host: string; headers: Record<string, unknown> }[] = [];
  const note =
    (host: string): RequestListener =>
    (request, response) => {
      seen.push({ host, headers: request.headers });
      if (request.url?.startsWith('/to?')) {
        response.writeHead(302, { location: decodeURIComponent(request.url.slice(4)) });
        response.end();
      } else response.end('x'.repeat(Number(request.headers['x-size'] ?? 2)));
    };
  const port = await serve(note(allowed), allowed);
  await serve(note(forbidden), forbidden, port);
  const fetch = async (url: string, resolve: ResolveAll, more: Record<string, string> = {}) =>
    await checkedFetch(
      url.replace('PORT', String(port)),
      { headers: more },
      {
        resolve,
        ports: [port],
        schemes: ['http:'],
        maximumBytes: 1000,
        maximumRedirects: 2,
        isAllowedAddress: (address) => address === allowed,
      },
    );
  return { seen, fetch, port };
}

describe('a checked connection', () => {
  test('goes to a public address', async () => {
    const { fetch, seen } = await world();
    expect(await fetch('http://site.example.com:PORT/', answering([allowed]))).toMatchObject({
      status: 200,
      text: 'xx',
    });
    expect(seen.map(({ host }) => host)).toEqual([allowed]);
  });

  test.each([
    ['a name of an address that is not public', [forbidden]],
    ['a name of several addresses, one of them not public', [allowed, forbidden]],
    ['a name of no address', []],
    ['an IPv4 address in IPv6 form', [`::ffff:${forbidden}`]],
  ])('is refused to %s', async (_name, addresses) => {
    const { fetch, seen } = await world();
    await expect(fetch('http://site.example.com:PORT/', answering(addresses))).rejects.toThrow(ToolFailure);
    expect(seen).toEqual([]);
  });

  test('is refused when a name rebinds between two looks: the address that was checked is the one dialled', async () => {
    const { fetch, seen } = await world();
    const rebinding = answering([allowed], [forbidden]);
    await fetch('http://site.example.com:PORT/', rebinding);
    // One look for one connection: there is no second one that could differ.
    expect(rebinding.asked()).toBe(1);
    await expect(fetch('http://site.example.com:PORT/', rebinding)).rejects.toThrow(/not public/u);
    expect(seen.map(({ host }) => host)).toEqual([allowed]);
  });

  test.each([
    ['another host’s private address', `http://other.example.com:PORT/`],
    ['an address', `http://${forbidden}:PORT/`],
    ['another scheme', 'file:///etc/passwd'],
    ['another port', 'http://site.example.com:1/'],
    ['user information', 'http://a@site.example.com:PORT/'],
  ])('follows no redirect to %s', async (_name, target) => {
    const { fetch, seen, port } = await world();
    const to = encodeURIComponent(target.replace('PORT', String(port)));
    await expect(fetch(`http://site.example.com:PORT/to?${to}`, answering([allowed], [forbidden]))).rejects.toThrow(
      ToolFailure,
    );
    expect(seen.map(({ host }) => host)).toEqual([allowed]);
  });

  test('follows a redirect to a public host, without what was meant for the first one', async () => {
    const { fetch, seen, port } = await world();
    const to = encodeURIComponent(`http://other.example.com:${port}/`);
    await fetch(`http://site.example.com:PORT/to?${to}`, answering([allowed]), {
      authorization: 'mine',
      cookie: 'mine',
      'x-api-key': 'mine',
      accept: 'text/plain',
    });
    const sent = ['authorization', 'cookie', 'x-api-key', 'accept'];
    expect(seen.map(({ headers }) => sent.map((name) => headers[name]))).toEqual([
      ['mine', 'mine', 'mine', 'text/plain'],
      [undefined, undefined, undefined, 'text/plain'],
    ]);
  });

  test.each([
    [302, 'POST', ['POST site', 'GET other']],
    [303, 'DELETE', ['DELETE site', 'GET other']],
    [307, 'GET', ['GET site', 'GET other']],
    [307, 'POST', ['POST site']],
    [308, 'POST', ['POST site']],
    [308, 'DELETE', ['DELETE site']],
  ])(
    'of %d to another host never does there what was meant for the first one: %s',
    async (status, method, expected) => {
      const seen: string[] = [];
      const port = await serve((request, response) => {
        seen.push(`${request.method} ${request.headers.host?.split('.')[0]}`);
        if (request.url === '/from') response.writeHead(status, { location: `http://other.example.com:${port}/` });
        response.end();
      }, allowed);
      const body = method === 'POST' ? 'what was approved' : null;
      const options = {
        resolve: answering([allowed]),
        ports: [port],
        schemes: ['http:'],
        isAllowedAddress: (address: string) => address === allowed,
      };
      const said = await checkedFetch(`http://site.example.com:${port}/from`, { method, body }, options).then(
        (answer) => String(answer.status),
        (error: unknown) => String(error),
      );
      expect(said).toContain(expected.length > 1 ? '200' : 'it redirects what is sent to another host');
      expect(seen).toEqual(expected);
    },
  );

  test('ends redirects without end, and answers without end', async () => {
    const { fetch, port } = await world();
    const again = `http://site.example.com:${port}/to?`;
    const loop = `${again}${encodeURIComponent(`${again}${encodeURIComponent(`${again}${encodeURIComponent(again)}`)}`)}`;
    await expect(fetch(loop, answering([allowed]))).rejects.toThrow(/too often/u);
    await expect(fetch('http://site.example.com:PORT/', answering([allowed]), { 'x-size': '1001' })).rejects.toThrow(
      /more than/u,
    );
  });
});
