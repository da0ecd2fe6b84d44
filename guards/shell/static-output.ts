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

export function staticOutput(args: readonly Arg[], stdin: Stdin): string | undefined {
  const [name, ...rest] = args;
  if (!name?.known || rest.some((arg) => !arg.known || arg.loose)) return undefined;
  const words = rest.map((arg) => arg.text);
  switch (name.text.replace(/^(?:\/usr)?\/bin\//u, '')) {
    case 'echo':
      return `${unescape(words.filter((word, at) => at > 0 || !/^-[neE]+$/u.test(word)).join(' '))}\n`;
    case 'printf':
      return printed(words);
    case 'cat':
    case 'tee':
      return words.length === 0 && stdin.kind === 'text' ? stdin.text : undefined;
    case 'rev':
      return stdin.kind === 'text'
        ? stdin.text
            .split('\n')
            .map((line) => line.split('').toReversed().join(''))
            .join('\n')
        : undefined;
    case 'base64':
      return stdin.kind === 'text' && words.some((word) => /^(?:-[dD]|--d\w*)$/u.test(word))
        ? decoded(stdin.text)
        : undefined;
    case 'xxd':
      return stdin.kind === 'text' && words.join('').includes('r') ? fromHex(stdin.text) : undefined;
    default:
      return undefined;
  }
}

function printed([format, ...values]: readonly string[]): string | undefined {
  if (format === undefined || format.startsWith('-')) return undefined;
  let index = 0;
  return unescape(format).replaceAll(/%(?:%|[-\d.]*[sbqd])/gu, (mark) =>
    mark === '%%' ? '%' : (values[index++] ?? ''),
  );
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:n|t|x([0-9a-fA-F]{2})|0?([0-7]{3}))/gu, (whole, hex?: string, octal?: string) => {
    if (hex) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal) return String.fromCharCode(Number.parseInt(octal, 8));
    return whole === '\\n' ? '\n' : '\t';
  });
}

function decoded(text: string): string | undefined {
  try {
    return atob(text.replaceAll(/\s/gu, ''));
  } catch {
    return undefined;
  }
}

function fromHex(text: string): string {
  return text
    .replaceAll(/[^0-9a-fA-F]/gu, '')
    .replaceAll(/../gu, (hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
