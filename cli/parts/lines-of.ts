/**
 * Lines of bytes that come in pieces, as they come: one line is kept at a time, and of one that is too long nothing. What is not
 * UTF-8 is said to be that; it is never read as something like it.
 */

export type Line = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too-long' | 'not-utf8' };

const lineFeed = 0x0a;

/** @param longestBytes of one line, without its line feed. A last line needs none. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>, longestBytes: number): AsyncGenerator<Line> {
  let kept: Uint8Array[] = [];
  let length = 0;
  const keep = (bytes: Uint8Array): void => {
    length += bytes.length;
    if (length > longestBytes) kept = [];
    else if (bytes.length > 0) kept.push(bytes);
  };
  const take = (): Line => {
    const line: Line = length > longestBytes ? { kind: 'too-long' } : decoded(Buffer.concat(kept));
    kept = [];
    length = 0;
    return line;
  };
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, from)) {
      keep(piece.subarray(from, end));
      from = end + 1;
      yield take();
    }
    // The piece is its sender's: it may be filled again.
    keep(Uint8Array.from(piece.subarray(from)));
  }
  if (length > 0) yield take();
}

function decoded(bytes: Uint8Array): Line {
  try {
    return { kind: 'line', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'not-utf8' };
  }
}
