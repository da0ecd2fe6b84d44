/**
 * The validator that two well-known agents ship, as a policy option: one plain command, no metacharacters, no dangerous
 * words, bounded lengths. Its refusals are by kind; what it lets through the classifier still judges. A command that only
 * mentions a dangerous word is none.
 */
import { classifyShell } from './index.ts';

export interface StrictLimits {
  /** Of UTF-8. @default 4096 */
  readonly maximumBytes?: number | undefined;
  /** Words after the command. @default 64 */
  readonly maximumArguments?: number | undefined;
  /** Whether `;`, `|`, `&`, `<`, `>`, `$(`, backquotes and new lines are let through to the classifier. @default false */
  readonly metacharacters?: boolean | undefined;
}

export type StrictRefusal =
  | 'empty command'
  | 'control characters'
  | 'command too long'
  | 'parse failed'
  | 'metacharacters'
  | 'too many arguments'
  | 'command'
  | 'fragment'
  | 'argument';

export type Tokens =
  | { readonly kind: 'tokens'; readonly tokens: readonly string[] }
  | { readonly kind: 'invalid'; readonly why: string };

const forbidden =
  /^(?:dd|mkfs(?:\..*)?|fdisk|parted|format|shutdown|reboot|halt|poweroff|mount|umount|sudo|doas|su|wipefs|shred|insmod|init|telinit)$/u;
/** Outside quotes they join, redirect or substitute; a new line does as `;` does. */
const metacharacter = /[;|&<>`\n\r]|\$\(|\$\{/u;
const device = /^\/dev\/(?!null$|stdin$|stdout$|stderr$|tty$|u?random$|zero$)/u;
/** Their words are words: nothing is opened by them. */
const prints = new Set(['echo', 'printf', 'grep', 'egrep', 'fgrep', 'true', 'test']);

/** @returns why it is refused; undefined where it is not. */
export function validateStrictly(command: string, limits: StrictLimits = {}): StrictRefusal | undefined {
  const { maximumBytes = 4096, maximumArguments = 64, metacharacters = false } = limits;
  if (command.trim() === '' || command.trim() === '""' || command.trim() === "''") return 'empty command';
  if (/[\p{Cc}--[\t\n\r]]/v.test(command)) return 'control characters';
  if (new TextEncoder().encode(command).length > maximumBytes) return 'command too long';
  if (!metacharacters && metacharacter.test(withoutQuoted(command))) return 'metacharacters';
  const read = tokenise(command);
  if (read.kind === 'invalid') return 'parse failed';
  const [name = '', ...args] = read.tokens;
  if (args.length > maximumArguments) return 'too many arguments';
  const base = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  if (forbidden.test(base)) return 'command';
  if (args.some((arg) => /^--(?:no-preserve-root|preserve-root=false)$/u.test(arg)) || deletesMuch(base, args))
    return 'fragment';
  if (!prints.has(base) && args.some((arg) => arg.split('/').includes('..') || device.test(arg))) return 'argument';
  return refusedByClass(command);
}

/** Behind wrappers, in scripts within scripts, in other spellings. */
function refusedByClass(command: string): StrictRefusal | undefined {
  const { commands, parsed } = classifyShell(command);
  if (!parsed) return 'parse failed';
  if (
    commands.some(
      (one) => one.beyondDoubt || (one.class === 'destructive' && one.name !== 'rmdir' && one.name !== 'rm'),
    )
  )
    return 'command';
  if (commands.some((one) => one.class === 'privilege' || one.rule === 'own-program')) return 'command';
  const inner = commands.filter((one) => one.name === 'rm' || one.name === 'rmdir');
  return inner.length > 0 && !/^\s*(?:\/usr)?(?:\/bin\/)?rm(?:dir)?\s/u.test(command) ? 'fragment' : undefined;
}

function deletesMuch(base: string, args: readonly string[]): boolean {
  if (base === 'rmdir') return args.some((arg) => /^-\w*p|^--parents$/u.test(arg));
  if (base !== 'rm') return false;
  const options = args.filter((arg) => arg.startsWith('-'));
  const operands = args.filter((arg) => !arg.startsWith('-'));
  return (
    options.some((arg) => /^-\w*[rR]|^--r/u.test(arg)) ||
    operands.some((arg) => /^[/*.~]+$/u.test(arg)) ||
    operands.some((arg) => arg.startsWith('/'))
  );
}

/** What is quoted is a word; within double quotes a substitution still runs. */
function withoutQuoted(command: string): string {
  return command.replaceAll(/'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^\n]/gu, (quoted) =>
    quoted.startsWith('"') && /`|\$\(|\$\{/u.test(quoted.replaceAll(/\\[^]/gu, '')) ? '`' : ' ',
  );
}

/** As a shell splits plain words: quotes, escapes and blanks, nothing else. */
export function tokenise(command: string): Tokens {
  const tokens: string[] = [];
  let token: string | undefined;
  for (let index = 0; index < command.length; index++) {
    const sign = command[index] ?? '';
    if (/\s/u.test(sign)) {
      if (token !== undefined) tokens.push(token);
      token = undefined;
    } else if (sign === '\\') {
      index += 1;
      if (index >= command.length) return { kind: 'invalid', why: 'unfinished escape' };
      token = (token ?? '') + command[index];
    } else if (sign === "'" || sign === '"') {
      const end = endOfQuote(command, index, sign);
      if (end < 0) return { kind: 'invalid', why: 'unterminated quote' };
      const inner = command.slice(index + 1, end);
      token = (token ?? '') + (sign === '"' ? inner.replaceAll(/\\(["\\$`])/gu, '$1') : inner);
      index = end;
    } else token = (token ?? '') + sign;
  }
  if (token !== undefined) tokens.push(token);
  return { kind: 'tokens', tokens };
}

function endOfQuote(command: string, start: number, quote: string): number {
  for (let index = start + 1; index < command.length; index++) {
    if (quote === '"' && command[index] === '\\') index += 1;
    else if (command[index] === quote) return index;
  }
  return -1;
}
