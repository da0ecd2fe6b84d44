/** Lines of bytes in pieces of any size: each once, in order, and nothing of what is too long or not UTF-8. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Line, linesOf } from '../../../cli/parts/lines-of.ts';

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]) {
  // One buffer for all, filled again each time, as a stream may do.
  const shared = new Uint8Array(64);
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const piece = bytes.subarray(at, at + size);
    shared.set(piece);
    yield shared.subarray(0, piece.length);
    shared.fill(0x58);
    at += size;
  }
}

async function read(bytes: Uint8Array, sizes: readonly number[] = [7], longest = 1000): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of linesOf(inPieces(bytes, sizes), longest)) lines.push(line);
  return lines;
}

it('gives back what was joined, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed().replaceAll(/[\n\uFEFF]/gu, '')),
        {
          maxLength: 8,
        },
      ),
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 }),
      async (texts, sizes) => {
        const lines = await read(Buffer.from(texts.map((text) => `${text}\n`).join('')), sizes);
        expect(lines).toEqual(texts.map((text) => ({ kind: 'line', text })));
      },
    ),
    { numRuns: 200 },
  );
});

it('drops a line that is too long and reads the next, at the bound exactly', async () => {
  const bytes = Buffer.from(`${'a'.repeat(10)}\n${'b'.repeat(11)}\n${'c'.repeat(500)}\nd`);
  expect(await read(bytes, [3, 64], 10)).toEqual([
    { kind: 'line', text: 'a'.repeat(10) },
    { kind: 'too-long' },
    { kind: 'too-long' },
    { kind: 'line', text: 'd' },
  ]);
});

it('says of bytes that are no UTF-8 that they are not, and a last line needs no end', async () => {
  const bytes = Buffer.concat([Buffer.from('ok\n'), Buffer.from([0xc3]), Buffer.from('\n\nlast'), Buffer.from([0xff])]);
  expect(await read(bytes, [1])).toEqual([
    { kind: 'line', text: 'ok' },
    { kind: 'not-utf8' },
    { kind: 'line', text: '' },
    { kind: 'not-utf8' },
  ]);
});
