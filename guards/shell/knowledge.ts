/**
 * What is known of commands: the tables of `tables/*.yaml`, made into `tables.json` by `npm run tables`, read into lookups
 * once. What a table does not say is not known, and what is not known asks.
 */
import { type ShellClass, shellClasses } from '../../core/contracts/shell-class.ts';
import type { OptionGrammar } from './options.ts';
import tables from './tables.json' with { type: 'json' };

/** What a text is, where a command takes text as code. */
export type Language = 'shell' | 'awk' | 'sed' | 'sql' | 'code' | 'mongo';

/**
 * What a word stands for: a file that is written, a file of lines that are repeated where they name nothing, a host, an address with or without a host, what may be a
 * URL, a setting `name=value` of which some start programs or write files, a format that
 * may ask for signatures, `[host/]owner/name`, a name of the own account, a Go template or a list of properties that may show an
 * environment or what a password is checked by, a database of which one holds the users, a filter of connections with names of hosts in it, `protocol@host:port`, a variable that is printed, fields of a cloud's answer. */
const values = [
  'file',
  'list',
  'host',
  'address',
  'url',
  'setting',
  'signature',
  'repository',
  'local',
  'template',
  'property',
  'schema',
  'peer',
  'socket',
  'variable',
  'projection',
] as const;
export type Value = (typeof values)[number];

/** A row of a table, or a subcommand of one, as it is written. */
export interface RowSource {
  names?: string;
  class?: string;
  why?: string;
  values?: string;
  options?: Readonly<Record<string, string>>;
  lowers?: string;
  alone?: string;
  operands?: string;
  runs?: string;
  program?: string;
  stdin?: string;
  bare?: string;
  deletes?: string;
  writes?: string;
  style?: string;
  handler?: string;
  looks?: string;
  guarded?: string;
  reaches?: string;
  descends?: string;
  hidden?: string;
  audited?: string;
  others?: string;
  help?: string;
  subcommands?: Readonly<Record<string, string | RowSource>>;
}

export interface Effect {
  readonly class: ShellClass;
  /** Of the option's value. */
  readonly language: Language | undefined;
  /** What the value is: a file that is written or a list, a host, or what may be a URL; a place that is not the own network is `network`. */
  readonly value: Value | undefined;
}

export interface Knowledge {
  readonly class: ShellClass;
  readonly why: string;
  readonly values: ReadonlySet<string>;
  readonly options: readonly (readonly [name: string, effect: Effect])[];
  /** Those with two dashes, by their first letter (`--x`), in the same order. */
  readonly longOptions: ReadonlyMap<string, Knowledge['options']>;
  /** The same by their whole names; the first of those that stand twice. */
  readonly effects: ReadonlyMap<string, Effect>;
  /** With one of these it is a read, unless an option stands beside it of which the table knows nothing. */
  readonly lowers: readonly string[];
  /** Words that, alone, only make it say what it is. */
  readonly alone: readonly string[];
  /** More operands than this have another class. */
  readonly operands: { readonly beyond: number; readonly class: ShellClass } | undefined;
  /** It runs the rest of its words. */
  readonly runs: { readonly skip: number; readonly assignments: boolean; readonly joins: boolean } | undefined;
  /** An operand is code, and with `further` those behind it, unless one of these options brings it. */
  readonly program:
    | {
        readonly language: Language;
        readonly at: number;
        readonly further: boolean;
        readonly unless: readonly string[];
      }
    | undefined;
  /** Without operands, options or a program it takes code from standard input. */
  readonly stdin: Language | undefined;
  readonly bare: ShellClass | undefined;
  /** Its operands are gone afterwards; recursive with one of these options, or always. */
  readonly deletes: { readonly recursive: readonly string[]; readonly always: boolean } | undefined;
  readonly writes: 'all' | 'last' | undefined;
  readonly grammar: OptionGrammar;
  /** The same where the first operand is a subcommand or what is run: what follows is read on its own. */
  readonly groupGrammar: OptionGrammar;
  /** Its options stand before the subcommand alone. */
  readonly globalsFirst: boolean;
  readonly handler: string | undefined;
  /** It shows names, sizes and the like, never what is inside. */
  readonly looksOnly: boolean;
  /** The names it shows are those of its words: what they are handed to may read them. */
  readonly handsOn: boolean;
  /** Operands, in small letters, that make it another class. */
  readonly guarded: { readonly class: ShellClass; readonly patterns: readonly RegExp[] } | undefined;
  /** With one of these options, or always, it reads all that is below a folder. */
  readonly descends: { readonly options: readonly string[]; readonly always: boolean } | undefined;
  /** With one of these options, or always, hidden files below a folder as well. */
  readonly hidden: { readonly options: readonly string[]; readonly always: boolean } | undefined;
  /** What its operands name. */
  readonly reaches: Value | undefined;
  /** Every option that the table does not name was looked at, and reads. */
  readonly audited: boolean;
  /** Of a subcommand, `--help` shows the manual with another program. */
  readonly manual: boolean;
  /** No option but those that the table names is known to read. */
  readonly closed: boolean;
  readonly subcommands: ReadonlyMap<string, Knowledge> | undefined;
  readonly patterns: readonly (readonly [pattern: RegExp, node: Knowledge])[];
  /** Found by a pattern: whether it is a group or an operation of its own nobody wrote down. */
  readonly guessed: boolean;
}

const rows = new Map<string, Knowledge>();
const rowPatterns: [RegExp, Knowledge][] = [];

for (const row of tables as readonly RowSource[]) {
  const knowledge = readRow(row, undefined);
  for (const name of words(row.names)) {
    if (name.includes('*')) rowPatterns.push([namePattern(name), knowledge]);
    else rows.set(name, knowledge);
  }
}

/** @param name without folders, exactly as it would be started. */
export function knowledgeOf(name: string): Knowledge | undefined {
  return rows.get(name) ?? rowPatterns.find(([pattern]) => pattern.test(name))?.[1];
}

export function subcommandOf({ subcommands, patterns }: Knowledge, name: string): Knowledge | undefined {
  // A path is no subcommand: `service ../x` starts what lies there.
  const matching = name.includes('/') ? undefined : patterns.find(([pattern]) => pattern.test(name))?.[1];
  return subcommands?.get(name) ?? matching;
}

function readRow(row: RowSource, parent: Knowledge | undefined): Knowledge {
  const style = words(row.style);
  const own = new Set(words(row.values));
  const options = Object.entries(row.options ?? {}).flatMap(([names, effect]) =>
    words(names).map((name): [string, Effect] => [name, readEffect(effect)]),
  );
  const [beyond, operandClass] = words(row.operands);
  const [skip, ...how] = words(row.runs);
  const [language, ...unless] = words(row.program);
  const place = /^(\d+)(\+?)$/u.exec(unless[0] ?? '');
  if (place) unless.shift();
  const deletes = words(row.deletes);
  const [guardedClass, ...guarded] = words(row.guarded);
  // What takes code or a file takes a value.
  for (const [name, { language: code, value }] of options) if (code || value) own.add(name);
  const all = parent && !parent.globalsFirst ? [...options, ...parent.options] : options;
  const grammar: OptionGrammar = {
    values: parent && !parent.globalsFirst ? new Set([...parent.values, ...own]) : own,
    posix: style.includes('posix') || skip !== undefined,
    singleDash: style.includes('single-dash') || (parent?.grammar.singleDash ?? false),
    oldStyle: style.includes('old-style'),
  };
  const knowledge: Omit<Knowledge, 'subcommands' | 'patterns' | 'guessed'> = {
    class: classOf(row.class ?? 'opaque'),
    why: row.why ?? parent?.why ?? '',
    values: grammar.values,
    options: all,
    longOptions: byFirstLetter(all),
    effects: new Map(all.toReversed()),
    lowers: words(row.lowers),
    alone: words(row.alone),
    operands: beyond ? { beyond: Number(beyond), class: classOf(operandClass ?? '') } : undefined,
    runs: skip
      ? { skip: Number(skip), assignments: how.includes('assignments'), joins: how.includes('joined') }
      : undefined,
    program: language
      ? { language: language as Language, at: Number(place?.[1] ?? 0), further: place?.[2] === '+', unless }
      : undefined,
    stdin: row.stdin as Language | undefined,
    bare: row.bare ? classOf(row.bare) : undefined,
    deletes: deletes.length > 0 ? { recursive: deletes, always: deletes.includes('always') } : undefined,
    writes: row.writes === 'last' || row.writes === 'all' ? row.writes : undefined,
    grammar,
    groupGrammar: { ...grammar, posix: true },
    globalsFirst: style.includes('globals-first'),
    handler: row.handler,
    looksOnly: row.looks !== undefined,
    handsOn: row.looks === 'words',
    descends: row.descends
      ? { options: words(row.descends), always: words(row.descends).includes('always') }
      : undefined,
    hidden: row.hidden ? { options: words(row.hidden), always: words(row.hidden).includes('always') } : undefined,
    reaches: valueOf(row.reaches),
    manual: row.help === 'manual',
    audited: row.audited === 'yes' || (parent?.audited ?? false),
    closed: row.others === 'opaque' || (parent?.closed ?? false),
    guarded: guardedClass ? { class: classOf(guardedClass), patterns: guarded.map(namePattern) } : undefined,
  };
  const subcommands = new Map<string, Knowledge>();
  const patterns: [RegExp, Knowledge][] = [];
  const node: Knowledge = {
    ...knowledge,
    subcommands: row.subcommands ? subcommands : undefined,
    patterns,
    guessed: false,
  };
  for (const [names, source] of Object.entries(row.subcommands ?? {})) {
    const child = readRow(typeof source === 'string' ? { class: source } : source, { ...node, lowers: [] });
    for (const name of words(names)) {
      if (name.includes('*')) patterns.push([namePattern(name), { ...child, guessed: true }]);
      else subcommands.set(name, child);
    }
  }
  return node;
}

function byFirstLetter(options: Knowledge['options']): Knowledge['longOptions'] {
  const found = new Map<string, Knowledge['options'][number][]>();
  for (const option of options) {
    const [name] = option;
    if (!name.startsWith('--')) continue;
    const begin = name.slice(0, 3);
    const same = found.get(begin);
    if (same) same.push(option);
    else found.set(begin, [option]);
  }
  return found;
}

/** `write`, `opaque shell`, `write file`, `read host`, `read url`. */
function readEffect(text: string): Effect {
  const [first = '', second] = words(text);
  const value = valueOf(second);
  return { class: classOf(first), value, language: value ? undefined : (second as Language | undefined) };
}

function valueOf(text: string | undefined): Value | undefined {
  return values.find((one) => one === text);
}

function classOf(text: string): ShellClass {
  const found = shellClasses.find((one) => one === text);
  if (!found)
    throw new TypeError(`Cannot read the shell tables: a class is unknown, expected one of ${shellClasses.join(', ')}`);
  return found;
}

function words(text: string | undefined): string[] {
  return text?.split(/\s+/u).filter((word) => word !== '') ?? [];
}

function namePattern(name: string): RegExp {
  return new RegExp(`^${name.replaceAll(/[.+()?^$]/gu, '\\$&').replaceAll('*', '.*')}$`, 'u');
}
