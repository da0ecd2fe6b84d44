/**
 * A TLS front before a plaintext Temporal server, as a cloud service has one: real handshakes with client certificates,
 * real HTTP/2, and API keys checked on every call. Loopback only.
 */
import { once } from 'node:events';
import { connect, constants, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Certificate } from './certificates.ts';

export interface TlsFrontOptions {
  /** `host:port` of the plaintext server. */
  upstream: string;
  certificate: Certificate;
  /** PEM: whose client certificates are demanded. @default none is */
  clientAuthority?: string;
  /** Calls without one of these are refused as unauthenticated. @default no key is asked for */
  apiKeys?: readonly string[];
}

export interface TlsFront {
  /** `localhost:port` */
  address: string;
  /** Of the calls let through: the API keys, each once. */
  readonly keysSeen: ReadonlySet<string>;
  accept(apiKeys: readonly string[]): void;
  close(): Promise<void>;
}

const unauthenticated = '16';

export async function startTlsFront(options: TlsFrontOptions): Promise<TlsFront> {
  const { certificate, clientAuthority } = options;
  let accepted = options.apiKeys;
  const keysSeen = new Set<string>();
  const upstream = connect(`http://${options.upstream}`);
  upstream.on('error', () => undefined);
  const demand =
    clientAuthority === undefined ? {} : { ca: clientAuthority, requestCert: true, rejectUnauthorized: true };
  const server = createSecureServer({ cert: certificate.crt, key: certificate.key, ...demand });
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  for (const name of ['tlsClientError', 'sessionError'] as const) server.on(name, () => undefined);
  server.on('stream', (stream, headers) => {
    const key = headers.authorization?.replace(/^Bearer /u, '') ?? '';
    stream.on('error', () => undefined);
    if (accepted !== undefined && !accepted.includes(key)) return refuse(stream);
    keysSeen.add(key);
    return pass(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('no address');
  return {
    address: `localhost:${bound.port}`,
    keysSeen,
    accept: (apiKeys) => (accepted = apiKeys),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      upstream.destroy();
      await closed;
    },
  };

  function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const request = upstream.request({ ...headers, ':authority': options.upstream, ':scheme': 'http' });
    request.on('error', () => stream.close());
    stream.on('close', () => request.close());
    let trailers: IncomingHttpHeaders = {};
    request.on('response', (response, flags) => {
      // A call that failed at once has its status in the first headers, and nothing follows.
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) return stream.respond(response, { endStream: true });
      stream.respond(response, { waitForTrailers: true });
      return request.pipe(stream);
    });
    request.on('trailers', (given) => void (trailers = given));
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.pipe(request);
  }
}

function refuse(stream: ServerHttp2Stream): void {
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': unauthenticated,
      'grpc-message': 'no such key',
    },
    { endStream: true },
  );
}
