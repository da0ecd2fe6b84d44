/** What a command prints, where its words alone say so: `echo`, `printf`, and decoders of what is known. Else nothing is said. */
import type { Stdin } from './context.ts';
import type { Arg } from './words.ts';

/** Others print nothing that their words tell. By a path or in another spelling they are only seen through less. */
export const printsKnown: ReadonlySet<string> = new Set([
  'echo',
  'printf',
  'cat',
  'tee',
  'rev',
  'base64',
  'xxd',
  '/bin/echo',
]);

/**
 * What is not told exactly is not told: shells differ in escapes (`echo 'a\nb'`, `printf '\x27'`), and a text that only some of them
 * print must not stand for what another one runs.
 */
export function staticOutput(args: readonly Arg[], stdin: Stdin): string | undefined {
  const [name, ...rest] = args;
  if (!name?.known || rest.some((arg) => !arg.known || arg.loose)) return undefined;
  const words = rest.map((arg) => arg.text);
  const text = stdin.kind === 'text' ? stdin.text : undefined;
  switch (name.text.replace(/^(?:\/usr)?\/bin\//u, '')) {
    case 'echo':
      return echoed(words);
    case 'printf':
      return printed(words);
    case 'cat':
    case 'tee':
      return words.length === 0 ? text : undefined;
    case 'rev':
      return words.length === 0 ? text?.split('\n').map(reversed).join('\n') : undefined;
    case 'base64':
      // A word more may be a file, which is read in the place of what comes in.
      return words.length === 1 && /^(?:-[dD]|--d\w*)$/u.test(words[0] ?? '') ? plain(decoded(text)) : undefined;
    case 'xxd':
      return /^(?:-r -ps?|-ps? -r|-rp|-pr|-r -plain|-plain -r)$/u.test(words.join(' '))
        ? plain(fromHex(text))
        : undefined;
    default:
      return undefined;
  }
}

function echoed(words: readonly string[]): string | undefined {
  const from = words.findIndex((word) => !/^-[neE]+$/u.test(word));
  const text = words.slice(from < 0 ? words.length : from).join(' ');
  return text.includes('\\') ? undefined : `${text}\n`;
}

/** Of a format: escapes that every shell knows, and what takes a value in its place as it is. */
const formatPart = /\\(?:([nt\\])|([0-7]{1,3}))|%([%sbd])|([^\\%]+)/gy;

/** The format is used again as long as there are values. */
function printed([format, ...values]: readonly string[]): string | undefined {
  if (format === undefined || format.startsWith('-')) return undefined;
  let output = '';
  let taken = 0;
  do {
    const before = taken;
    let read = 0;
    for (const [part, escape, octal, conversion, literal] of format.matchAll(formatPart)) {
      read += part.length;
      if (literal !== undefined) output += literal;
      else if (escape !== undefined) output += escape === 'n' ? '\n' : escape === 't' ? '\t' : '\\';
      else if (octal !== undefined) output += String.fromCharCode(Number.parseInt(octal, 8));
      else if (conversion === '%') output += '%';
      else {
        const value = values[taken++] ?? '';
        if ((conversion === 'b' && value.includes('\\')) || (conversion === 'd' && !/^\d{1,15}$/u.test(value)))
          return undefined;
        output += conversion === 'd' ? String(Number(value)) : value;
      }
    }
    // Something in it that not every shell takes alike.
    if (read !== format.length) return undefined;
    if (taken === before) break;
  } while (taken < values.length);
  return plain(output);
}

/** Bytes beyond ASCII are letters only together, and what a shell makes of NUL is its own affair. */
function plain(text: string | undefined): string | undefined {
  // oxlint-disable-next-line eslint/no-control-regex -- NUL is what is looked for
  return text === undefined || /[\u0000\u0080-\u00FF]/u.test(text) ? undefined : text;
}

function reversed(line: string): string {
  return line.split('').toReversed().join('');
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text && atob(text.replaceAll(/\s/gu, ''));
  } catch {
    return undefined;
  }
}

/** Pairs of digits alone: whatever else stands there is skipped by one reader and not by another. */
function fromHex(text: string | undefined): string | undefined {
  if (text === undefined || !/^(?:[0-9a-fA-F]{2}|\s)*$/u.test(text)) return undefined;
  return text.replaceAll(/\s/gu, '').replaceAll(/../gu, (hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
