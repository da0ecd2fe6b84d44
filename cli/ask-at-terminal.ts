/**
 * One question at a terminal. What was typed before the question stood there is dropped: it was meant for something else, and
 * would answer a card that nobody has seen. Ctrl-C asks to stop, and so does nothing else here.
 */
import { createInterface } from 'node:readline/promises';
import type { ReadStream } from 'node:tty';
import { setImmediate } from 'node:timers/promises';

export interface AskAtTerminal {
  input: ReadStream;
  output: NodeJS.WritableStream;
  stop: AbortSignal;
  onInterrupt: () => void;
}

/** @returns empty where the answer is cut off: Ctrl-D, or a stop */
export async function askAtTerminal(
  { input, output, stop, onInterrupt }: AskAtTerminal,
  question: string,
): Promise<string> {
  await dropTypedAhead(input);
  const lines = createInterface({ input, output });
  // While it reads, the terminal gives Ctrl-C to it as a key and sends no signal.
  lines.once('SIGINT', () => {
    output.write('\n');
    onInterrupt();
  });
  try {
    return await lines.question(question, { signal: stop });
  } catch {
    return '';
  } finally {
    lines.close();
  }
}

/** Reads until there is nothing: in raw mode, because a terminal keeps an unfinished line to itself otherwise. */
async function dropTypedAhead(input: ReadStream): Promise<void> {
  let isMore = true;
  const drop = (): void => {
    isMore = true;
  };
  input.setRawMode(true);
  input.on('data', drop).resume();
  while (isMore) {
    isMore = false;
    // What is there is read between the two.
    await setImmediate();
    await setImmediate();
  }
  input.off('data', drop).pause();
  input.setRawMode(false);
}
