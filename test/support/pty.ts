/**
 * The real program at a real pseudo-terminal, made by `script` of util-linux: it is at a terminal as a person is, with line
 * editing, echo, and what is typed before it was asked for.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { repositoryRoot } from '../../scripts/lint/repository-files.ts';
import { until } from './until.ts';

export interface AtTerminal {
  type: (text: string) => void;
  /** Waits until the screen has shown this so many times. */
  shows: (text: string, times?: number) => Promise<void>;
  /** Without control sequences. */
  screen: () => string;
  ended: Promise<number | null>;
  kill: () => void;
}

export function startAtTerminal(argv: readonly string[], environment: Readonly<Record<string, string>>): AtTerminal {
  const { PATH, HOME } = process.env;
  const command = [process.execPath, join(repositoryRoot, 'bin', 'countersign.js'), ...argv];
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', quoted, '/dev/null'], {
    env: { PATH, HOME, TERM: 'xterm', SHELL: '/bin/sh', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => (said += part));
  }
  const screen = (): string => stripVTControlCharacters(said);
  return {
    type: (text) => void child.stdin.write(text),
    screen,
    shows: async (text, times = 1) => {
      await until(`"${text}" on the screen`, () => screen().split(text).length > times);
    },
    ended: once(child, 'close').then(([exit]) => exit as number | null),
    kill: () => void child.kill('SIGKILL'),
  };
}
