/**
 * Where a command's words go: results on standard output, talk and progress on standard error. Colours and progress lines
 * are for terminals only; under `--json` standard output carries JSON and nothing else.
 */
import { styleText } from 'node:util';
import { makeVisible } from '../core/make-visible.ts';

export interface Sink {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface TerminalOptions {
  stdout: Sink;
  stderr: Sink;
  environment: Readonly<Record<string, string | undefined>>;
  /** @default 1000 */
  progressAfterMs?: number;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface Terminal {
  /** A person watches the talk: it goes to a terminal. */
  readonly isWatched: boolean;
  /** A line of the result. */
  result(line: string): void;
  /** A whole result, or one line of a stream, as JSON. */
  json(value: unknown): void;
  /** A line for the person who watches. */
  talk(line: string): void;
  style(style: Style, text: string): string;
  /** As `style`, for talk. */
  talkStyle(style: Style, text: string): string;
  /** Shows what is going on when it takes more than a second. */
  progress<T>(what: string, work: Promise<T>): Promise<T>;
}

const frames = ['|', '/', '-', '\\'];
const frameMs = 200;
const clearLine = '\r\u001b[2K';

export function createTerminal({ stdout, stderr, environment, progressAfterMs = 1000 }: TerminalOptions): Terminal {
  const styled = (sink: Sink) => (style: Style, text: string) =>
    wantsColour(sink, environment) ? styleText(style, text, { validateStream: false }) : text;
  let progressShown = false;
  const takeProgressAway = (): void => {
    if (progressShown) stderr.write(clearLine);
    progressShown = false;
  };
  const write = (sink: Sink, line: string): void => {
    // Else it would begin in the middle of the progress line.
    takeProgressAway();
    sink.write(`${line}\n`);
  };
  return {
    isWatched: stderr.isTTY === true,
    result: (line) => write(stdout, line),
    json: (value) => write(stdout, JSON.stringify(value)),
    talk: (line) => write(stderr, line),
    style: styled(stdout),
    talkStyle: styled(stderr),
    async progress(what, work) {
      if (stderr.isTTY !== true || environment['TERM'] === 'dumb') return await work;
      const startedAt = performance.now();
      const timer = setInterval(() => {
        const elapsedMs = performance.now() - startedAt;
        if (elapsedMs < progressAfterMs) return;
        progressShown = true;
        const frame = frames[Math.floor(elapsedMs / frameMs) % frames.length];
        stderr.write(`${clearLine}${frame} ${what} ${Math.floor(elapsedMs / 1000)} s`);
      }, frameMs);
      try {
        return await work;
      } finally {
        clearInterval(timer);
        takeProgressAway();
      }
    },
  };
}

/**
 * Text that others wrote (a model, a tool, a user), for a terminal: escape sequences and hidden characters are shown as
 * such, line by line, so that nothing printed can move the cursor or forge another line's look.
 */
export function visible(text: string): string {
  return text.split(/\r?\n/u).map(makeVisible).join('\n');
}

/** https://no-color.org: any value but the empty one. */
function wantsColour(sink: Sink, environment: TerminalOptions['environment']): boolean {
  return sink.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}
