/** A name server that changes its answer between two questions gains nothing: what was checked is what is dialled. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { checkedFetch } from '../../../tools/checked-fetch.ts';
import { startDnsServer } from '../../support/dns-server.ts';

const allowed = '127.0.0.1';
const forbidden = '127.0.0.2';

/** The same port on both addresses; which of them a request reached is in its answer. */
async function world(answers: readonly (readonly string[])[]) {
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

test('refuses a name that has no address', async () => {
  const { fetch, reached } = await world([[]]);
  await expect(fetch('/')).rejects.toThrow('fetch failed');
  expect(reached).toEqual([]);
});
