/**
 * The lines of an input through one guard: a JSON list of findings for each line, in order, as they come. A line that cannot
 * be read gets a finding of its own, and the next line is read all the same. The format is in docs/guards.md.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { CountersignError, messageOf } from '../../core/errors.ts';
import {
  checkInput,
  checkPath,
  checkUrl,
  classifyShell,
  findInjection,
  findSecrets,
  largestInputBytes,
  shellFindings,
} from '../../guards/index.ts';
import type { checkedGuards } from '../commands/guards.ts';
import { NoFile, openFile } from '../open-file.ts';
import { type Line, linesOf } from './lines-of.ts';
import { hasRepeatedKey } from './repeated-keys.ts';

type GuardName = (typeof checkedGuards)[number];
export type Verdict = 'allow' | 'ask' | 'deny';
/** `verdict` is what the default policy makes of it; a signal alone, as of `injection`, has none. */
export type LineFinding = Finding & { verdict?: Verdict };

interface Source {
  /** `-`: standard input. */
  readonly file: string;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly allow?: readonly string[];
  readonly roots?: readonly string[];
}

/** Bytes; what is longer is a finding, and is not looked at. */
const longestLine = 16 * 1024 * 1024;
const fields = ['input', 'text', 'command', 'script', 'path', 'url', 'payload', 'instruction'] as const;
/** What a guard is about counts before what stands beside it: a `text` that describes a `command` is not the command. */
const ownFields: Readonly<Partial<Record<GuardName, readonly (typeof fields)[number][]>>> = {
  shell: ['command', 'script'],
  paths: ['path'],
  url: ['url'],
};

/** @throws {CountersignError} `not-found` when the file cannot be read. */
export async function checkLines(
  guard: GuardName,
  source: Source,
  print: (findings: readonly LineFinding[]) => void,
): Promise<void> {
  for await (const line of linesOf(await openSource(source), longestLine)) {
    print(await checkLine(guard, line, source));
  }
}

async function checkLine(guard: GuardName, line: Line, limits: Source): Promise<readonly LineFinding[]> {
  if (line.kind !== 'line') return [badLine(line.kind === 'too-long' ? 'is too long' : 'is not UTF-8')];
  const read = readLine(line.text, ownFields[guard] ?? []);
  if (read.kind === 'bad') return [badLine(read.is)];
  try {
    return await checkers[guard](read.text, limits);
  } catch (error) {
    return [
      { ...badLine(`could not be checked (${messageOf(error).length} characters of reason)`), rule: 'guard-failed' },
    ];
  }
}

const checkers: Readonly<
  Record<GuardName, (text: string, limits: Source) => Promise<readonly LineFinding[]> | readonly LineFinding[]>
> = {
  shell: (text) => {
    const facts = classifyShell(text);
    const findings = shellFindings(facts).map((finding) => ({ ...finding, verdict: verdictOf(finding.severity) }));
    // Of a script without commands, too, something is said.
    return findings.length > 0
      ? findings
      : [
          {
            guard: 'shell',
            rule: 'no-command',
            severity: 'info',
            message: 'there is no command',
            span: { start: 0, end: text.length },
            remedy: 'nothing is to be decided',
            class: 'read',
            verdict: 'allow',
          } as LineFinding,
        ];
  },
  // As a run is refused for.
  input: (text) =>
    checkInput(text, { maximumBytes: largestInputBytes }).map((finding) => ({ ...finding, verdict: 'deny' })),
  secrets: async (text) => (await findSecrets(text)).map((finding) => ({ ...finding, verdict: 'deny' })),
  injection: (text) => findInjection(text),
  paths: (text, { roots }) => checkPath(text, roots ? { roots } : {}).map(withVerdict),
  url: (text, { allow }) => checkUrl(text, allow ? { allow } : {}).map(withVerdict),
};

function withVerdict(finding: Finding): LineFinding {
  return { ...finding, verdict: verdictOf(finding.severity) };
}

function verdictOf(severity: Finding['severity']): Verdict {
  if (severity === 'critical') return 'deny';
  return severity === 'info' || severity === 'low' ? 'allow' : 'ask';
}

function badLine(is: string): LineFinding {
  return {
    guard: 'input',
    rule: 'bad-line',
    severity: 'critical',
    message: `the line ${is}`,
    remedy: 'give one JSON value a line',
    verdict: 'deny',
  };
}

type Read = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'bad'; readonly is: string };

/** @param own fields that count before all others, and instead of them where they hold no text */
function readLine(line: string, own: readonly string[]): Read {
  const expected = `expected a JSON string or an object with one of ${fields.join(', ')}, base64`;
  const none: Read = { kind: 'bad', is: `holds no text, ${expected}` };
  if (line.trim() === '') return { kind: 'bad', is: `is empty, ${expected}` };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'bad', is: `is no JSON, ${expected}` };
  }
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (typeof value !== 'object' || value === null) return none;
  if (hasRepeatedKey(line, value)) return { kind: 'bad', is: 'has the same key twice, expected each once' };
  const record = value as Readonly<Record<string, unknown>>;
  const noText = (field: string): Read => ({ kind: 'bad', is: `has "${field}" that is no text, ${expected}` });
  const named = own.find((field) => Object.hasOwn(record, field));
  if (named !== undefined && typeof record[named] !== 'string') return noText(named);
  const found = [...own, ...fields].map((field) => record[field]).find((one) => typeof one === 'string');
  if (found !== undefined) return { kind: 'text', text: found };
  const other = fields.find((field) => Object.hasOwn(record, field));
  const encoded = record['base64'];
  if (typeof encoded !== 'string') return other === undefined ? none : noText(other);
  const text = fromBase64(encoded);
  return text === undefined
    ? { kind: 'bad', is: 'has "base64" that is no base64 of UTF-8, expected it padded and without breaks' }
    : { kind: 'text', text };
}

/** Strictly: what two readers could read differently is not read at all. */
function fromBase64(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/u, '') !== text.replace(/=+$/u, '')) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function openSource({ file, stdin }: Source): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return stdin;
  const handle = await openFile(file).catch((error: unknown) => {
    const is = error instanceof NoFile ? error.message : 'it is not there or not readable';
    throw new CountersignError(
      'not-found',
      `Cannot read "${file}": ${is}, expected a file of JSON lines, or - for standard input; check its path`,
    );
  });
  return handle.createReadStream() as AsyncIterable<Uint8Array>;
}
