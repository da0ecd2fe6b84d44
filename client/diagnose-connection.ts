/**
 * Why a Temporal server cannot be reached, found out by speaking to it with the same certificates: the SDK's own word is only
 * that a deadline passed. It sends an HTTP/2 greeting and nothing else, no key and no call, and it never throws.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { codeOf } from '../core/errors.ts';
import type { TemporalSettings } from './temporal-door.ts';

export type ConnectionFaultKind =
  | 'unreachable'
  | 'server-untrusted'
  | 'server-expired'
  | 'server-name'
  | 'client-certificate'
  | 'not-tls'
  | 'needs-tls'
  | 'silent';

export interface ConnectionFault {
  kind: ConnectionFaultKind;
  /** What is, without a secret. */
  is: string;
}

const answerWithinMs = 3000;
/** The client's half of RFC 9113 §3.4: magic and an empty SETTINGS frame. */
const greeting = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
const settingsFrame = 4;

const kindByCode: Readonly<Record<string, ConnectionFaultKind>> = {
  CERT_HAS_EXPIRED: 'server-expired',
  CERT_NOT_YET_VALID: 'server-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'server-name',
  SELF_SIGNED_CERT_IN_CHAIN: 'server-untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'server-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'server-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'server-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'server-untrusted',
  CERT_SIGNATURE_FAILURE: 'server-untrusted',
};

const wordsByKind: Readonly<Record<ConnectionFaultKind, string>> = {
  unreachable: 'nothing answers there',
  'server-untrusted': 'its certificate is signed by an authority that is not trusted here',
  'server-expired': 'its certificate is not in force now',
  'server-name': 'its certificate is for another name',
  'client-certificate': 'it does not accept our client certificate, or wants one and got none',
  'not-tls': 'it does not speak TLS',
  'needs-tls': 'it does not answer without TLS',
  silent: 'it is there and does not answer as a Temporal server does',
};

/** @returns undefined where it answers as it should, so that the fault is elsewhere */
export async function diagnoseConnection(settings: TemporalSettings): Promise<ConnectionFault | undefined> {
  const { address, tls, apiKey } = settings;
  const encrypted = (tls !== undefined && tls !== false) || apiKey !== undefined;
  const { host, port } = placeOf(address);
  const { socket, ready } = encrypted ? startTls(host, port, tls) : startTcp(host, port);
  const ending = await greet(socket, ready);
  if (ending.kind === 'answered') return undefined;
  const kind = encrypted ? kindOfTls(ending) : kindOfTcp(ending);
  const code = ending.code === undefined ? '' : ` (${ending.code})`;
  return { kind, is: `${wordsByKind[kind]}${code}` };
}

type Ending = { kind: 'answered' } | { kind: 'failed' | 'closed' | 'silent'; greeted: boolean; code?: string };

function startTls(host: string, port: number, tls: TemporalSettings['tls']): { socket: Socket; ready: string } {
  const options = typeof tls === 'object' ? tls : {};
  const name = options.serverNameOverride ?? host;
  const socket = connectTls({
    host,
    port,
    // An address is checked against the certificate's addresses; it is no name to ask for.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ALPNProtocols: ['h2'],
    ...(options.serverRootCACertificate ? { ca: Buffer.from(options.serverRootCACertificate) } : {}),
    ...(options.clientCertPair
      ? { cert: Buffer.from(options.clientCertPair.crt), key: Buffer.from(options.clientCertPair.key) }
      : {}),
  });
  return { socket, ready: 'secureConnect' };
}

function startTcp(host: string, port: number): { socket: Socket; ready: string } {
  return { socket: connectTcp({ host, port }), ready: 'connect' };
}

/** Waits for the server's SETTINGS frame. */
async function greet(socket: Socket, ready: string): Promise<Ending> {
  let greeted = false;
  try {
    return await new Promise<Ending>((resolve) => {
      socket.setTimeout(answerWithinMs, () => resolve({ kind: 'silent', greeted }));
      socket.once(ready, () => {
        greeted = true;
        socket.write(greeting);
      });
      socket.once('data', (data: Buffer) =>
        resolve(data[3] === settingsFrame ? { kind: 'answered' } : { kind: 'closed', greeted }),
      );
      socket.on('error', (error) => {
        const code = codeOf(error);
        resolve({ kind: 'failed', greeted, ...(code === undefined ? {} : { code }) });
      });
      socket.once('close', () => resolve({ kind: 'closed', greeted }));
    });
  } finally {
    socket.destroy();
  }
}

function kindOfTls({ kind, greeted, code = '' }: Exclude<Ending, { kind: 'answered' }>): ConnectionFaultKind {
  const known = kindByCode[code];
  if (known) return known;
  // In TLS 1.3 a server looks at the client's certificate after the client holds its half to be done.
  if (greeted && kind !== 'silent') return 'client-certificate';
  if (/ALERT/u.test(code)) return 'client-certificate';
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return 'not-tls';
  if (kind === 'closed' || (kind === 'failed' && code === 'ECONNRESET')) return 'not-tls';
  return kind === 'silent' && greeted ? 'silent' : 'unreachable';
}

function kindOfTcp({ kind, greeted }: Exclude<Ending, { kind: 'answered' }>): ConnectionFaultKind {
  if (!greeted) return 'unreachable';
  return kind === 'silent' ? 'silent' : 'needs-tls';
}

function placeOf(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replaceAll(/[[\]]/gu, ''), port: Number(address.slice(colon + 1)) };
}
