/**
 * A digest as people compare it between two channels: four words and eight hex digits. They say whether two screens speak
 * of the same request; they prove nothing about what a screen shows, the signed digest in the vote does.
 */
import words from './digest-words.json' with { type: 'json' };

/** `amber-falcon-quilt-zebra 1f2e3d4c`: the first four bytes as words, then as hex. @param digest `sha256:<64 hex>` */
export function shortDigest(digest: string): string {
  const hex = digest.slice('sha256:'.length, 'sha256:'.length + 8);
  const named = [0, 2, 4, 6].map((at) => words[Number.parseInt(hex.slice(at, at + 2), 16)] ?? '?');
  return `${named.join('-')} ${hex}`;
}
