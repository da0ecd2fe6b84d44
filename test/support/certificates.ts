/**
 * X.509 certificates made for one test: an authority, what it signs, and what is wrong with it on purpose (expired, another
 * name, another authority). No key of any of them is ever written into the repository.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  crt: string;
  /** PEM, PKCS8. */
  key: string;
}

export interface CertificateWanted {
  name: string;
  /** DNS names that it is good for. @default none */
  names?: readonly string[];
  /** @default an hour ago */
  from?: Date;
  /** @default in a day */
  to?: Date;
}

export interface Authority {
  /** Its own certificate, PEM. */
  crt: string;
  issue(wanted: CertificateWanted): Certificate;
}

const hourMs = 3_600_000;
const objectIds = {
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  subjectAltName: '2.5.29.17',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
};

export function makeAuthority(name: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = { name, key: privateKey };
  const constraints = extension(objectIds.basicConstraints, sequence(tlv(0x01, Buffer.from([0xff]))), true);
  return {
    crt: certificate({ name }, publicKey, signer, [constraints]),
    issue(wanted) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const dnsNames = (wanted.names ?? []).map((one) => tlv(0x82, Buffer.from(one)));
      const extensions = dnsNames.length === 0 ? [] : [extension(objectIds.subjectAltName, sequence(...dnsNames))];
      const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return { crt: certificate(wanted, pair.publicKey, signer, extensions), key };
    },
  };
}

function certificate(
  { name, from, to }: CertificateWanted,
  publicKey: KeyObject,
  signer: { name: string; key: KeyObject },
  extensions: readonly Buffer[],
): string {
  const algorithm = sequence(objectId(objectIds.ecdsaWithSha256));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([0x01]), crypto.getRandomValues(Buffer.alloc(8))])),
    algorithm,
    distinguishedName(signer.name),
    sequence(time(from ?? new Date(Date.now() - hourMs)), time(to ?? new Date(Date.now() + 24 * hourMs))),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, signer.key)]));
  const base64 = sequence(body, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/gu) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function distinguishedName(name: string): Buffer {
  return sequence(tlv(0x31, sequence(objectId(objectIds.commonName), tlv(0x0c, Buffer.from(name)))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
}

/** UTCTime, good until 2049. */
function time(at: Date): Buffer {
  const digits = at.toISOString().replaceAll(/[-:T]|\.\d+/gu, '');
  return tlv(0x17, Buffer.from(digits.slice(2)));
}

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tlv(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
