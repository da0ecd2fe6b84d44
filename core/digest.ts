/**
 * Digests: SHA-256 in pure JS, so that workflow code (which has no node:crypto) computes the same value as everyone.
 * Each digest has a purpose tag in front, so that a digest of one kind of thing never stands for another.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical-json.ts';

export type DigestPurpose =
  | 'arguments'
  | 'body'
  | 'card'
  | 'decision'
  | 'export'
  | 'grant'
  | 'grant-coverage'
  | 'idempotency'
  | 'input'
  | 'message'
  | 'pack'
  | 'policy'
  | 'receipt'
  | 'target-state'
  | 'terms'
  | 'ticket'
  | 'tool-definition'
  | 'transcript'
  | 'undecodable'
  | 'vote';

/** What is hashed in front of it. */
export function digestTag(purpose: DigestPurpose): string {
  return `countersign/v1/${purpose}\n`;
}

/** `sha256:<64 hex>` over `countersign/v1/<purpose>\n` followed by the UTF-8 bytes of the text. */
export function digestText(purpose: DigestPurpose, text: string): string {
  return digestBytes(purpose, utf8ToBytes(text));
}

/** `sha256:<64 hex>` over `countersign/v1/<purpose>\n` followed by the bytes. */
export function digestBytes(purpose: DigestPurpose, bytes: Uint8Array): string {
  const tag = utf8ToBytes(digestTag(purpose));
  return `sha256:${bytesToHex(sha256.create().update(tag).update(bytes).digest())}`;
}

/** 64 hex digits that nobody without the key can make, or try guesses against: HMAC-SHA-256 over the same bytes. */
export function keyedDigest(purpose: DigestPurpose, key: Uint8Array, text: string): string {
  return bytesToHex(hmac(sha256, key, utf8ToBytes(`countersign/v1/${purpose}\n${text}`)));
}

/** Digest over the RFC 8785 form of a JSON value. */
export function digestJson(purpose: DigestPurpose, value: unknown): string {
  return digestText(purpose, canonicalJson(value));
}
