/**
 * The key of what redaction took out: AES-256-GCM with a key for each run, so that random nonces stay far from repeating, and every
 * field of a row authenticated. Bytes of the key and secrets are in no error; what does not open is a value, not a text.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import { type Redaction, redactionSchema } from '../core/contracts/redaction.ts';
import { CountersignError } from '../core/errors.ts';
import { readRandomKey } from './random-key.ts';

export interface KeptSecret {
  workflowId: string;
  mark: string;
  secret: string;
}

export interface RedactionKey {
  readonly id: string;
  seal(kept: KeptSecret, keptAt: number): Redaction;
  /** What it would be stored as: for who wants to know whether it is already. */
  entryOf(kept: KeptSecret): string;
  open(row: Redaction): { kind: 'opened'; secret: string } | { kind: 'other-key' } | { kind: 'tampered' };
}

const cipher = 'aes-256-gcm';
const tagBytes = 16;

/**
 * @param others keys of this process by what they are for: one key for two things would let who holds one read the other's
 * @throws {CountersignError} `key-unavailable`; `config-invalid` when it is one of the others
 */
export function readRedactionKey(path: string, others: Readonly<Record<string, Uint8Array | undefined>>): RedactionKey {
  const key = readRandomKey(path);
  for (const [what, other] of Object.entries(others)) {
    if (other === undefined || !Buffer.from(key).equals(other)) continue;
    throw new CountersignError(
      'config-invalid',
      `Cannot use key file "${path}": it is the same as the key of ${what}, expected one of its own; make another ("openssl rand -hex 32")`,
    );
  }
  return redactionKeyOf(key);
}

/** @param bytes 32 random ones */
export function redactionKeyOf(bytes: Uint8Array): RedactionKey {
  const key = createSecretKey(bytes);
  const derive = (purpose: string, size: number): Buffer =>
    Buffer.from(hkdfSync('sha256', key, new Uint8Array(), `countersign/v1/redaction/${purpose}`, size));
  const id = derive('id', 8).toString('hex');
  const entryOf = ({ workflowId, mark, secret }: KeptSecret): string =>
    createHmac('sha256', derive(`entry\n${workflowId}`, 32))
      .update(`${mark}\n${secret}`)
      .digest('hex');
  return {
    id,
    entryOf,
    seal(kept, keptAt) {
      const { workflowId, mark, secret } = kept;
      const nonce = randomBytes(12);
      const head = { workflowId, mark, entry: entryOf(kept), keyId: id, nonce: nonce.toString('base64url'), keptAt };
      const sealing = createCipheriv(cipher, derive(`run\n${workflowId}`, 32), nonce, { authTagLength: tagBytes });
      sealing.setAAD(boundTo(head));
      const parts = [sealing.update(secret, 'utf8'), sealing.final(), sealing.getAuthTag()];
      return { ...head, sealed: Buffer.concat(parts).toString('base64url') };
    },
    open(row) {
      if (!redactionSchema.safeParse(row).success) return { kind: 'tampered' };
      if (row.keyId !== id) return { kind: 'other-key' };
      const { sealed, ...head } = row;
      const bytes = Buffer.from(sealed, 'base64url');
      // Base64 has several spellings of some bytes; only the one that was written is right.
      if (bytes.toString('base64url') !== sealed) return { kind: 'tampered' };
      const nonce = Buffer.from(row.nonce, 'base64url');
      const opening = createDecipheriv(cipher, derive(`run\n${row.workflowId}`, 32), nonce, {
        authTagLength: tagBytes,
      });
      opening.setAAD(boundTo(head));
      opening.setAuthTag(bytes.subarray(-tagBytes));
      try {
        const secret = Buffer.concat([opening.update(bytes.subarray(0, -tagBytes)), opening.final()]).toString('utf8');
        return { kind: 'opened', secret };
      } catch {
        return { kind: 'tampered' };
      }
    },
  };
}

/** A row that was moved to another run, mark or time no longer opens. */
function boundTo(head: Omit<Redaction, 'sealed'>): Buffer {
  return Buffer.from(`countersign/v1/redaction\n${canonicalJson(head)}`);
}
