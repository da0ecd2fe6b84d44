/** Loopback ports: which are free, and whether someone answers. Between choosing and binding a port may still be taken. */
import { connect, createServer, type Server } from 'node:net';

export const loopback = '127.0.0.1';

/**
 * The first free one of the wanted ports, else any free one; never one of `avoid`.
 *
 * @param wanted in order of preference; 0 means any
 */
export async function chooseFreePort(wanted: readonly number[], avoid: readonly number[] = []): Promise<number> {
  for (const port of wanted) {
    if (port !== 0 && !avoid.includes(port) && (await portIsFree(port))) return port;
  }
  for (;;) {
    const server = await listen(0);
    const address = server?.address();
    await closed(server);
    if (typeof address !== 'object' || address === null) throw new Error('no free port on loopback');
    if (!avoid.includes(address.port)) return address.port;
  }
}

export async function portIsFree(port: number): Promise<boolean> {
  const server = await listen(port);
  await closed(server);
  return server !== undefined;
}

/** Whether something accepts a TCP connection at `host:port` within the time. */
export async function addressAnswers(address: string, timeoutMs = 1_000): Promise<boolean> {
  const separator = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, separator), port: Number(address.slice(separator + 1)) });
  return new Promise((resolve) => {
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: loopback, exclusive: true }, () => resolve(server));
  });
}

async function closed(server: Server | undefined): Promise<void> {
  if (server !== undefined) await new Promise((resolve) => server.close(resolve));
}
