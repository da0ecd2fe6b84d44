/** An awk program: reads, unless it starts a command, writes a file or loads code. Strings and expressions are told apart as awk does. */
import { type Context, tell } from '../context.ts';
import { holdsSecrets } from '../paths.ts';
import { namesASecret } from '../secret-names.ts';
import { tellSecret } from '../tell-secret.ts';

/** Before these a `/` begins an expression; after a value it divides. */
const beforeExpression = /(?:^|[\s(,{};!~&|=?:+\-*%<>[])$/u;
const keywordBefore = /\b(?:print|printf|return|in|case|do|else)\s*$/u;

export function classifyAwk(program: string, name: string, context: Context): void {
  const { code, texts } = withoutTexts(program);
  if (/\b(?:ENVIRON|SYMTAB)\b/u.test(code) && showsSecrets(program)) tellSecret(name, context);
  const starts =
    /\bsystem\s*\(/u.test(program) ||
    /\|/u.test(code.replaceAll('||', '  ')) ||
    /@/u.test(code) ||
    texts.some((text) => text.startsWith('/inet'));
  if (starts) {
    for (const text of texts) if (/\s|\//u.test(text) || text.length > 1) runText(text, context);
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'awk-starts-command',
      reason: 'the program starts a command or loads code',
    });
  }
  if (/\bprintf?\b[^;}\n]*>/u.test(withoutBrackets(code))) {
    return tell(context, { name, class: 'write', rule: 'awk-writes', reason: 'the program writes a file' });
  }
  if (/\bgetline\b/u.test(code) || /\bARG[VC]\b[^;}\n]*[^=!<>]=(?!=)/u.test(code)) {
    if (texts.some((text) => holdsSecrets(text, false)))
      return tell(context, {
        name,
        class: 'privilege',
        rule: 'reads-secret-place',
        reason: 'it reads where secrets are kept',
      });
    // A name that is put together may be any file's.
    if (!readsNamedFiles(code))
      return tell(context, {
        name,
        class: 'opaque',
        rule: 'awk-reads',
        reason: 'which file the program reads is known only when it runs',
      });
  }
  tell(context, { name, class: 'read', rule: 'awk' });
}

/** Of the environment: all of it, what is named only when it runs, or what is called like a secret. */
function showsSecrets(program: string): boolean {
  const uses = program.matchAll(/\b(?:ENVIRON|SYMTAB)\b(?:\s{0,9}\[\s{0,9}"(\w+)"\s{0,9}\])?/gu);
  return [...uses].some(([use, variable]) => variable === undefined || use.startsWith('S') || namesASecret(variable));
}

/** `getline`, or `getline x < "file"`, and no other list of files. */
function readsNamedFiles(code: string): boolean {
  if (/\bARG[VC]\b/u.test(code)) return false;
  const froms = [...code.matchAll(/\bgetline\b([^;}\n]*)/gu)].map(([, rest = '']) => rest);
  return froms.every((rest) => !/^\s*\w*\s*</u.test(rest) || /^\s*\w*\s*<\s*""\s*(?:[)>&|]|$)/u.test(rest));
}

/** Only what is worse than the program itself is worth telling. */
function runText(text: string, context: Context): void {
  context.runScript(text, context);
}

/** A comparison within brackets is no redirection. */
function withoutBrackets(code: string): string {
  if (!/[([]/u.test(code)) return code;
  let depth = 0;
  let kept = '';
  for (const sign of code) {
    if (sign === '(' || sign === '[') depth += 1;
    if (depth <= 0) kept += sign;
    if (sign === ')' || sign === ']') depth = Math.max(0, depth - 1);
  }
  return kept;
}

function withoutTexts(program: string): { code: string; texts: string[] } {
  if (!/["#/]/u.test(program)) return { code: program, texts: [] };
  let code = '';
  const texts: string[] = [];
  for (let index = 0; index < program.length; index++) {
    const sign = program[index];
    if (sign === '#') {
      while (index + 1 < program.length && program[index + 1] !== '\n') index += 1;
    } else if (sign === '"' || (sign === '/' && beginsExpression(code))) {
      const end = endOf(program, index, sign);
      if (sign === '"') texts.push(program.slice(index + 1, end));
      // What never ends is not what it looked like.
      if (end >= program.length) return { code: code + program.slice(index), texts };
      code += sign === '"' ? '""' : ' 0';
      index = end;
    } else code += sign;
  }
  return { code, texts };
}

function beginsExpression(code: string): boolean {
  const before = code.slice(-40).replace(/[ \t]+$/u, '');
  return before === '' || beforeExpression.test(before) || keywordBefore.test(code.slice(-40));
}

function endOf(program: string, start: number, quote: string): number {
  let inClass = false;
  for (let index = start + 1; index < program.length; index++) {
    const sign = program[index];
    if (sign === '\\') index += 1;
    else if (quote === '/' && sign === '\n') return program.length;
    else if (quote === '/' && sign === '[') inClass = true;
    else if (sign === ']') inClass = false;
    else if (sign === quote && !inClass) return index;
  }
  return program.length;
}
