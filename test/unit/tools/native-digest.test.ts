/** The digest that approves a call is the same wherever it is made: in the gate by Node, in a workflow and a verifier in JS. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestText } from '../../../core/digest.ts';
import { nativeDigest } from '../../../tools/native-digest.ts';

test('P2 the digest of arguments in the gate is that of everybody else, whatever is in them', () => {
  const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 500 }), fc.json());
  fc.assert(
    fc.property(anyText, (text) => {
      expect(nativeDigest('arguments', text)).toBe(digestText('arguments', text));
    }),
    { numRuns: 1000 },
  );
  // Half of a pair is the same three bytes to both, and what is longer than a block of either is.
  for (const text of ['', '\ud83d', `\udc00${'é'.repeat(100_000)}`])
    expect(nativeDigest('arguments', text)).toBe(digestText('arguments', text));
});
