/**
 * A name server on loopback that answers each question for an A record with the next address of a list, as one that rebinds
 * a name does. It speaks the wire format (RFC 1035, 4.1) and nothing more than a resolver needs to be led astray.
 */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';

export interface DnsServer {
  /** Asks this server, over UDP, each time: nothing is kept. */
  resolve(host: string): Promise<LookupAddress[]>;
  /** Names that were asked for, in order. */
  asked: readonly string[];
  close(): Promise<void>;
}

const typeA = 1;
const answerTtlSeconds = 0;

/** @param answers addresses of each answer; the last one is given for ever */
export async function startDnsServer(answers: readonly (readonly string[])[]): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (question, { address, port }) => {
    const { name, end, type } = readQuestion(question);
    if (type === typeA) asked.push(name);
    const addresses = type === typeA ? (answers[Math.min(asked.length, answers.length) - 1] ?? []) : [];
    socket.send(answerTo(question.subarray(0, end), addresses), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    asked,
    resolve: async (host) => (await resolver.resolve4(host)).map((address) => ({ address, family: 4 })),
    close: async () => await new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

function readQuestion(message: Buffer): { name: string; end: number; type: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), end: at + 5, type: message.readUInt16BE(at + 1) };
}

/** The question again, and behind it a record for each address that points back at the name (0xc00c). */
function answerTo(question: Buffer, addresses: readonly string[]): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(16);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(typeA, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(answerTtlSeconds, 6);
    record.writeUInt16BE(4, 10);
    record.set(address.split('.').map(Number), 12);
    return record;
  });
  return Buffer.concat([head, ...records]);
}
