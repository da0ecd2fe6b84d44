/**
 * The other side of the zombie campaign: it pays when a request has come in whole, and can stop the process whose request is
 * half there. With a key it pays once for each key, as a service should; a name that begins with `unkeyed` is paid each time.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PayingService {
  url: string;
  /** Whole requests for a name. */
  requests(name: string): number;
  payments(name: string): number;
  stop(): Promise<void>;
}

/** Header by which a tool asks to be stopped in the middle of its request: its process id. */
export const stopHeader = 'x-stop-in-request';

export async function startPayingService(): Promise<PayingService> {
  const requests = new Map<string, number>();
  const payments = new Map<string, number>();
  const paidKeys = new Set<string>();
  const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://outside').pathname;
    const [name = '', key = ''] = path.split('/').slice(1).map(decodeURIComponent);
    if (request.method === 'GET') {
      response.writeHead(paidKeys.has(`${name} ${key}`) ? 200 : 404).end();
      return;
    }
    const victim = Number(request.headers[stopHeader] ?? 0);
    request.once('data', () => {
      if (victim > 0) process.kill(victim, 'SIGSTOP');
    });
    request.resume();
    request.on('end', () => {
      add(requests, name);
      const again = paidKeys.has(`${name} ${key}`);
      paidKeys.add(`${name} ${key}`);
      if (!again || name.startsWith('unkeyed')) add(payments, name);
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: (name) => requests.get(name) ?? 0,
    payments: (name) => payments.get(name) ?? 0,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
