/**
 * Bytes into lines, under limits that hold before anything is parsed: a hostile file costs at most one line of memory more
 * than what it holds. Every line ends with a line end, the last one too: a file that was cut shows here.
 */
import { exportLimits } from '../../core/contracts/export.ts';

export interface Line {
  /** From 1. */
  number: number;
  /** With the line end. */
  bytes: Uint8Array;
  text: string;
}

/** Why a file cannot be read as lines. */
export class LineFault extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const lineEnd = 0x0a;

/** @throws {LineFault} */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  limits: { lineBytes: number; fileBytes: number } = exportLimits,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let total = 0;
  let number = 1;
  const take = (last: Uint8Array): Line => {
    const bytes = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    pending = [];
    pendingBytes = 0;
    if (bytes.length > limits.lineBytes) throw new LineFault(number, `it is longer than ${limits.lineBytes} bytes`);
    const line = { number, bytes, text: decoded(decoder, bytes, number) };
    number += 1;
    return line;
  };
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > limits.fileBytes) throw new LineFault(number, `the file is longer than ${limits.fileBytes} bytes`);
    let from = 0;
    for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, from)) {
      yield take(chunk.subarray(from, end + 1));
      from = end + 1;
    }
    if (from === chunk.length) continue;
    pending.push(chunk.slice(from));
    pendingBytes += chunk.length - from;
    if (pendingBytes > limits.lineBytes) throw new LineFault(number, `it is longer than ${limits.lineBytes} bytes`);
  }
  if (pendingBytes > 0) throw new LineFault(number, 'it has no line end: the file was cut, or is no export');
}

function decoded(decoder: TextDecoder, bytes: Uint8Array, number: number): string {
  try {
    return decoder.decode(bytes.subarray(0, -1));
  } catch {
    throw new LineFault(number, 'it is not UTF-8');
  }
}
