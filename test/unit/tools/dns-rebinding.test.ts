/** A name server that changes its answer between two questions gains nothing: what was checked is what is dialled. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkedFetch } from '../../../tools/checked-fetch.ts';
import { type DnsAnswer, startDnsServer } from '../../support/dns-server.ts';

const allowed = '127.0.0.1';
const forbidden = '127.0.0.2';

/** The same port on both addresses; which of them a request reached is in its answer. */
async function world(answers: Parameters<typeof startDnsServer>[0]) {
  const reached: string[] = [];
  let port = 0;
  for (const host of [allowed, forbidden]) {
    const server = createServer((request, response) => {
      reached.push(host);
      if (request.url === '/again') response.writeHead(302, { location: '/' });
      response.end(host);
    });
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : 0;
  }
  const dns = await startDnsServer(answers);
  onTestFinished(async () => await dns.close());
  const fetch = async (path: string) =>
    await checkedFetch(
      `http://rebind.example.com:${port}${path}`,
      {},
      {
        resolve: async (host) => await dns.resolve(host),
        ports: [port],
        schemes: ['http:'],
        isAllowedAddress: (address) => address === allowed,
      },
    );
  return { dns, fetch, reached };
}

test('dials the address that was checked, though the next answer would be another', async () => {
  const { dns, fetch, reached } = await world([[allowed], [forbidden]]);
  expect((await fetch('/')).text).toBe(allowed);
  expect(reached).toEqual([allowed]);
  expect(dns.asked).toEqual(['rebind.example.com']);
});

test('refuses the second request, when the name has moved, before anything is sent', async () => {
  const { dns, fetch, reached } = await world([[allowed], [forbidden]]);
  await fetch('/');
  await expect(fetch('/')).rejects.toThrow('not public');
  expect(reached).toEqual([allowed]);
  expect(dns.asked).toHaveLength(2);
});

test('refuses a redirect to the same name that has moved meanwhile', async () => {
  const { fetch, reached } = await world([[allowed], [forbidden]]);
  await expect(fetch('/again')).rejects.toThrow('not public');
  expect(reached).toEqual([allowed]);
});

test('refuses an answer in which one of the addresses is not public', async () => {
  const { fetch, reached } = await world([[allowed, forbidden]]);
  await expect(fetch('/')).rejects.toThrow('not public');
  expect(reached).toEqual([]);
});

test.each<[string, DnsAnswer]>([
  ['an alias of an internal name', { alias: 'db.internal', ipv4: [forbidden] }],
  ['a public and an internal address behind an alias', { alias: 'db.internal', ipv4: [allowed, forbidden] }],
  ['a public address in IPv4 and loopback in IPv6', { ipv4: [allowed], ipv6: ['0:0:0:0:0:0:0:1'] }],
  ['an IPv4 address mapped into IPv6', { ipv6: ['0:0:0:0:0:ffff:7f00:2'] }],
  ['an IPv4 address translated by NAT64', { ipv6: ['64:ff9b:0:0:0:0:7f00:2'] }],
])('refuses %s', async (_, answer) => {
  const { dns, fetch, reached } = await world([answer]);
  await expect(fetch('/')).rejects.toThrow('not public');
  expect(reached).toEqual([]);
  expect(dns.asked).toEqual(['rebind.example.com']);
});

test('follows an alias of a public address', async () => {
  const { fetch } = await world([{ alias: 'cdn.example.net', ipv4: [allowed] }]);
  expect((await fetch('/')).text).toBe(allowed);
});

test('asks for each connection again, whatever time an answer is said to hold', async () => {
  const { dns, fetch } = await world([[allowed]]);
  for (let times = 0; times < 3; times += 1) await fetch('/');
  expect(dns.asked).toHaveLength(3);
});

test('goes through no proxy of the environment, which would look the name up for itself', async () => {
  const { fetch, reached } = await world([[allowed]]);
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])
    vi.stubEnv(name, `http://${forbidden}:1`);
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  expect((await fetch('/')).text).toBe(allowed);
  expect(reached).toEqual([allowed]);
});

test('refuses a name that has no address', async () => {
  const { fetch, reached } = await world([[]]);
  await expect(fetch('/')).rejects.toThrow('Cannot fetch the URL');
  expect(reached).toEqual([]);
});
