/** Text that looks random and is the same on each run, to build secrets of when a test runs: no scanner finds one in the source. */
import { createHash } from 'node:crypto';

const everything = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** @param seed another one gives another text */
export function made(length: number, alphabet = everything, seed = 'made'): string {
  const bytes = Array.from({ length: Math.ceil(length / 32) }, (_, block) => [
    ...createHash('sha256').update(`${seed} ${block}`).digest(),
  ]).flat();
  return bytes
    .slice(0, length)
    .map((byte) => alphabet[byte % alphabet.length])
    .join('');
}

export const hex = (length: number): string => made(length, '0123456789abcdef');
export const upper = (length: number): string => made(length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');
