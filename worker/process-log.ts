/**
 * The log of a process: one JSON object a line for machines, one readable line for people. Everything that is logged passes
 * through one place that takes secrets out, by their form, by the name they stand under, and by the values this process
 * holds. Of an error only its kind and a cleaned message are kept: no stack, no cause, no path.
 */
import { format as formatText } from 'node:util';
import { type Logger, pino } from 'pino';
import { makeVisible } from '../core/make-visible.ts';
import { codeOf } from '../core/errors.ts';
import { redactSecretsNow, sanitiseError } from '../guards/index.ts';
import type { Config } from './config.ts';

export type ProcessLog = Logger;

export interface ProcessLogOptions {
  /** Which process of a deployment this is: `gateway`, `worker`, `dev`, `setup`. */
  part: string;
  level: NonNullable<Config['logLevel']>;
  format: 'json' | 'text';
  /** Takes a line with its end. */
  write: (line: string) => void;
  /** Values that must never appear, whatever they look like. */
  secrets: readonly string[];
}

type Facts = Record<string, unknown>;
/** What every line has, as pino writes it. */
type Line = { time: string; level: string; part: string; message?: string };

/** Under such a name a text is taken out whatever it looks like. */
const secretName = /authorization|cookie|password|passphrase|secret|token|api-?_?key$|private-?_?key|credential/iu;
/** Looked at before anything is searched. */
const mostRead = 20_000;
const mostKept = 2000;
const mostEntries = 40;
const mostDepth = 4;

export function openProcessLog({ part, level, format, write, secrets }: ProcessLogOptions): ProcessLog {
  const clean = cleaner(secrets);
  const log = pino(
    {
      level,
      base: { part, pid: process.pid },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Ours below says what of an error is kept.
      serializers: { err: (value: unknown) => value },
      hooks: {
        logMethod(given, method) {
          const { facts, message } = clean.line(given);
          method.apply(this, [facts, message]);
        },
      },
    },
    { write: format === 'json' ? write : (line: string) => write(`${readableLine(line)}\n`) },
  );
  // What a child is made with is written as it is, and children of children are made by this too.
  const makeChild: unknown = Reflect.get(log, 'child');
  if (typeof makeChild !== 'function') throw new TypeError('Cannot clean child logs: pino has none, expected a method');
  Reflect.set(log, 'child', function child(this: unknown, facts: unknown, ...more: unknown[]): unknown {
    return Reflect.apply(makeChild, this, [clean(facts), ...more]) as unknown;
  });
  return log;
}

interface Cleaner {
  (value: unknown, name?: string, depth?: number): unknown;
  line(given: readonly unknown[]): { facts: Facts; message: string };
}

function cleaner(knownValues: readonly string[]): Cleaner {
  const cleanText = (text: string): string => {
    const { text: redacted } = redactSecretsNow(text.slice(0, mostRead).toWellFormed(), { knownValues });
    return redacted.length > mostKept ? `${redacted.slice(0, mostKept)}…` : redacted;
  };
  const clean = (value: unknown, name = '', depth = 0): unknown => {
    if (typeof value === 'string') return secretName.test(name) ? '[removed]' : cleanText(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Error) return cleanError(value);
    if (depth >= mostDepth) return '[deeper]';
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return value.slice(0, mostEntries).map((one) => clean(one, name, depth + 1));
    const entries = Object.entries(value).slice(0, mostEntries);
    return Object.fromEntries(entries.map(([key, one]) => [cleanText(key), clean(one, key, depth + 1)]));
  };
  const cleanError = (error: Error): Facts => {
    const type = 'type' in error && typeof error.type === 'string' ? cleanText(error.type) : undefined;
    const code = codeOf(error);
    return {
      name: cleanText(error.name),
      ...(type === undefined ? {} : { type }),
      ...(code === undefined ? {} : { code: cleanText(code) }),
      message: cleanText(sanitiseError(error)),
    };
  };
  /** Called as pino is: facts or an error and then a text with its values, or a text alone. */
  const line: Cleaner['line'] = (given) => {
    const [first, ...rest] = given;
    const withFacts = typeof first === 'object' && first !== null;
    const words = withFacts ? rest : given;
    const message = words.length === 0 ? '' : cleanText(formatText(...words.map(wordOf)));
    const facts = first instanceof Error ? { err: first } : withFacts ? first : {};
    return { facts: clean(facts) as Facts, message };
  };
  return Object.assign(clean, { line });
}

/** An error among the values of a text would be printed with its stack. */
function wordOf(value: unknown): unknown {
  return value instanceof Error ? sanitiseError(value) : value;
}

/** `15:04:05.123 warn  gateway: a stored vote is not signalled yet (code server-unavailable)` */
function readableLine(json: string): string {
  const { time, level, part, pid: _pid, message = '', ...facts } = JSON.parse(json) as Facts & Line;
  const told = Object.entries(facts).map(([name, value]) => `${name} ${wordsOf(value)}`);
  const rest = told.length === 0 ? '' : ` (${told.join(', ')})`;
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${part}: ${makeVisible(`${message}${rest}`)}`;
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
