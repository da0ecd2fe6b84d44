/**
 * Bytes into lines, as they come: a line is given out as soon as its end is here. One that is longer than allowed, or no UTF-8,
 * comes as what is wrong with it, and the rest is read all the same; no more than one line is ever held.
 */
export type InputLine = { kind: 'text'; text: string } | { kind: 'unreadable'; why: string };

const newline = 0x0a;

export async function* splitLines(input: AsyncIterable<Uint8Array>, longestBytes: number): AsyncGenerator<InputLine> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let begun = false;
  for await (const chunk of input) {
    let rest = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      add(rest.subarray(0, end));
      yield finish();
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) add(rest);
  }
  if (begun) yield finish();

  function add(bytes: Uint8Array): void {
    begun = true;
    size += bytes.length;
    if (size <= longestBytes) parts.push(bytes);
    else parts = [];
  }

  function finish(): InputLine {
    const line = lineOf(parts, size, longestBytes);
    parts = [];
    size = 0;
    begun = false;
    return line;
  }
}

function lineOf(parts: readonly Uint8Array[], size: number, longestBytes: number): InputLine {
  if (size > longestBytes) return { kind: 'unreadable', why: `longer than ${longestBytes} bytes` };
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
    return { kind: 'text', text: text.endsWith('\r') ? text.slice(0, -1) : text };
  } catch {
    return { kind: 'unreadable', why: 'not UTF-8' };
  }
}
