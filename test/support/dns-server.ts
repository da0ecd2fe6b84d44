/**
 * A name server on loopback that answers each question for an address with the next one of a list, as one that rebinds a name
 * does, or with another name (CNAME) and that one's addresses. It speaks the wire format (RFC 1035, 4.1) and nothing more than a resolver needs to be led astray.
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
const typeCname = 5;
const typeAaaa = 28;
const answerTtlSeconds = 0;

export interface DnsAnswer {
  /** Absent: the name itself has the addresses. */
  alias?: string;
  ipv4?: readonly string[];
  /** All eight groups written out. */
  ipv6?: readonly string[];
}

/** @param answers one after the other; the last one is given for ever. A list is one of IPv4 addresses. */
export async function startDnsServer(answers: readonly (readonly string[] | DnsAnswer)[]): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (question, { address, port }) => {
    const { name, end, type } = readQuestion(question);
    if (type === typeA) asked.push(name);
    // A resolver asks for IPv6 behind IPv4: both are of one answer.
    const given = answers[Math.min(asked.length, answers.length) - 1] ?? [];
    const answer: DnsAnswer = 'length' in given ? { ipv4: given } : given;
    socket.send(answerTo(question.subarray(0, end), type, answer), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    asked,
    resolve: async (host) => {
      const none = (): string[] => [];
      const ipv4 = await resolver.resolve4(host).catch(none);
      const ipv6 = await resolver.resolve6(host).catch(none);
      return [...ipv4.map((address) => ({ address, family: 4 })), ...ipv6.map((address) => ({ address, family: 6 }))];
    },
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

/** The question again, and behind it an alias where there is one, and a record for each address of the type that was asked for. */
function answerTo(question: Buffer, type: number, { alias, ipv4 = [], ipv6 = [] }: DnsAnswer): Buffer {
  const name = Buffer.from([0xc0, 0x0c]);
  const owner = alias === undefined ? name : wireName(alias);
  const addresses =
    type === typeA
      ? ipv4.map((one) => Buffer.from(one.split('.').map(Number)))
      : type === typeAaaa
        ? ipv6.map(bytesOf)
        : [];
  const records = [
    ...(alias === undefined ? [] : [record(name, typeCname, wireName(alias))]),
    ...addresses.map((bytes) => record(owner, type, bytes)),
  ];
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, ...records]);
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const middle = Buffer.alloc(10);
  middle.writeUInt16BE(type, 0);
  middle.writeUInt16BE(1, 2);
  middle.writeUInt32BE(answerTtlSeconds, 4);
  middle.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, middle, data]);
}

function wireName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function bytesOf(address: string): Buffer {
  return Buffer.from(
    address.split(':').flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}
