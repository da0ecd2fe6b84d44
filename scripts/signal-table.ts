/** Reads the tables of injection signals as they are written. It does not check what the expressions find. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from './lint/repository-files.ts';

interface Signal {
  starts?: string[];
  pattern: string;
}

interface SignalTable {
  signals: Signal[];
  mention?: string;
  /** By name, what `{name}` stands for in patterns and starts: lines of words, with a comma between two. */
  words?: Record<string, string[]>;
}

/** One file a subject; the words of mentions stand in the first. */
const tables = [
  '',
  '-personas',
  '-languages',
  '-more-languages',
  '-many-languages',
  '-scripts',
  '-agents',
  '-authority',
  '-answers',
  '-actions',
  '-deeds',
  '-errands',
].map((subject) => `guards/injection/signals${subject}.yaml`);

/** What is shipped. */
export function signalsText(): string {
  const read = tables.map((path) => parse(readFileSync(join(repositoryRoot, path), 'utf8')) as SignalTable);
  const table = {
    signals: read.flatMap(({ signals, words }) => signals.map((signal) => withWords(signal, words))),
    mention: read[0]?.mention,
  };
  return `${JSON.stringify(table, null, 1)}\n`;
}

function withWords(signal: Signal, lines: SignalTable['words'] = {}): Signal {
  const wordsOf = (name: string): string[] => {
    const words = lines[name]?.flatMap((line) =>
      line.startsWith('(') ? [line] : line.split(',').map((word) => word.trim()),
    );
    if (!words) throw new Error(`Cannot read words "${name}": there are none of that name; add them to words`);
    return [...new Set(words)];
  };
  const { starts, pattern } = signal;
  return {
    ...signal,
    ...(starts ? { starts: [...new Set(starts.flatMap((start) => startsOf(start, wordsOf)))] } : {}),
    pattern: pattern.replaceAll(named, (_, name: string) => wordsOf(name).join('|')),
  };
}

/** A name in braces; a number in them says how often. */
const named = /\{([a-z-]{3,})\}/g;

/** A word may be an expression: it begins with what stands before the first sign of one. */
function startsOf(start: string, wordsOf: (name: string) => string[]): string[] {
  const [, name] = /^\{([a-z-]{3,})\}$/.exec(start) ?? [];
  return name === undefined ? [start] : wordsOf(name).map((word) => word.replace(/.?[?*+{[(|\\].*$/, ''));
}
