/** What redaction took out opens only as it was sealed: under its key, and with every field as it was written. */
import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { redactionSchema } from '../../../core/contracts/redaction.ts';
import { readRedactionKey, redactionKeyOf } from '../../../keys/index.ts';
import { someTimeAt, workflowIdOf } from '../../support/signed-objects.ts';

const key = redactionKeyOf(new Uint8Array(32).fill(7));
const secret = ['what', 'was', 'taken', 'out'].join('-');
const kept = { workflowId: workflowIdOf(1), mark: 'github-token:3f2a', secret };
const row = key.seal(kept, someTimeAt);

describe('a sealed redaction', () => {
  it('opens to what was sealed, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const sealed = redactionSchema.parse(key.seal({ ...kept, secret: text }, someTimeAt));
        expect(key.open(sealed)).toEqual({ kind: 'opened', secret: text });
      }),
      { numRuns: 50 },
    );
  });

  /** As somebody would who has the key file and none of our code. */
  it('is AES-256-GCM, with 96 bits of nonce and 128 of tag, under a key of its run that HKDF makes of the file’s', () => {
    const { sealed, ...head } = row;
    const runKey = hkdfSync(
      'sha256',
      new Uint8Array(32).fill(7),
      '',
      `countersign/v1/redaction/run\n${row.workflowId}`,
      32,
    );
    const bytes = Buffer.from(sealed, 'base64url');
    const nonce = Buffer.from(row.nonce, 'base64url');
    expect([nonce.length, bytes.length]).toEqual([12, Buffer.byteLength(secret) + 16]);
    const opening = createDecipheriv('aes-256-gcm', Buffer.from(runKey), nonce);
    opening.setAAD(Buffer.from(`countersign/v1/redaction\n${canonicalJson(head)}`));
    opening.setAuthTag(bytes.subarray(-16));
    const opened = Buffer.concat([opening.update(bytes.subarray(0, -16)), opening.final()]);
    expect(opened.toString('utf8')).toBe(secret);
  });

  it('holds nothing of the secret, and is another one each time but for its entry', () => {
    const again = key.seal(kept, someTimeAt);
    expect(again.nonce).not.toBe(row.nonce);
    expect(again.sealed).not.toBe(row.sealed);
    expect(again.entry).toBe(row.entry);
    const bytes = JSON.stringify(row) + Buffer.from(row.sealed, 'base64url').toString('latin1');
    expect(bytes).not.toContain(secret.slice(0, 6));
  });

  const flipped = Buffer.from(row.sealed, 'base64url');
  flipped[0] = (flipped[0] ?? 0) ^ 1;
  const cut = Buffer.from(row.sealed, 'base64url').subarray(0, -1);
  it.each([
    ['workflowId', { workflowId: workflowIdOf(2) }],
    ['mark', { mark: 'github-token:3f2b' }],
    ['entry', { entry: 'a'.repeat(64) }],
    ['nonce', { nonce: randomBytes(12).toString('base64url') }],
    ['sealed', { sealed: flipped.toString('base64url') }],
    ['end of sealed', { sealed: cut.toString('base64url') }],
    ['spelling of sealed', { sealed: respelt(row.sealed) }],
    ['keptAt', { keptAt: someTimeAt + 1 }],
    ['shape', { nonce: 'AAAA' }],
  ])('whose %s was changed does not open', (_field, change) => {
    expect(key.open({ ...row, ...change })).toEqual({ kind: 'tampered' });
  });

  it('whose key id was changed to this key’s does not open, and one of another key says so', () => {
    const other = redactionKeyOf(new Uint8Array(32).fill(8));
    expect(other.open(row)).toEqual({ kind: 'other-key' });
    expect(other.open({ ...row, keyId: other.id })).toEqual({ kind: 'tampered' });
  });

  it('has entries that tell nothing across runs, marks or keys', () => {
    const other = redactionKeyOf(new Uint8Array(32).fill(8));
    const entries = [
      row.entry,
      key.entryOf({ ...kept, workflowId: workflowIdOf(2) }),
      key.entryOf({ ...kept, mark: 'github-token:3f2b' }),
      other.entryOf(kept),
    ];
    expect(new Set(entries).size).toBe(4);
  });
});

it('respelt, it decodes to the same bytes all the same', () => {
  expect(respelt(row.sealed)).not.toBe(row.sealed);
  expect(Buffer.from(respelt(row.sealed), 'base64url')).toEqual(Buffer.from(row.sealed, 'base64url'));
});

/** The last character of these 34 bytes has four bits that decode to nothing. */
function respelt(sealed: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${sealed.slice(0, -1)}${letters[letters.indexOf(sealed.slice(-1)) + 1]}`;
}

describe('the key file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'redaction-key-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is no other key of the process: who holds one key would read what is under the other', () => {
    const path = join(folder, 'one.key');
    const bytes = randomBytes(32);
    writeFileSync(path, `${bytes.toString('hex')}\n`, { mode: 0o600 });
    const refused = (): unknown => readRedactionKey(path, { marks: new Uint8Array(bytes) });
    expect(refused).toThrowError(/the same as the key of marks, expected one of its own/u);
    expect(refused).not.toThrowError(new RegExp(bytes.toString('hex'), 'u'));
    expect(readRedactionKey(path, { marks: randomBytes(32) }).id).toBe(redactionKeyOf(bytes).id);
  });

  it('that is missing, open to others or something else is refused', () => {
    const path = join(folder, 'bad.key');
    expect(() => readRedactionKey(path, {})).toThrowError(/cannot be opened \(ENOENT\)/u);
    writeFileSync(path, 'no key', { mode: 0o600 });
    expect(() => readRedactionKey(path, {})).toThrowError(/expected 64 hex digits/u);
    chmodSync(path, 0o644);
    expect(() => readRedactionKey(path, {})).toThrowError(/its mode is 0644/u);
  });
});
