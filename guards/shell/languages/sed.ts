/** A sed script, read command by command: `e`, `w` and their flags of `s` start programs and write files; what is not read asks. */
import { type Context, tell } from '../context.ts';
import { holdsSecrets, isGuardedPlace, isHarmlessDevice } from '../paths.ts';

type Found = 'read' | 'write' | 'secret' | 'guarded' | 'runs' | 'unread';

export function classifySed(script: string, name: string, context: Context): void {
  switch (readSed(script)) {
    case 'read':
      return tell(context, { name, class: 'read', rule: 'sed' });
    case 'write':
      return tell(context, { name, class: 'write', rule: 'sed-writes', reason: 'the script writes a file' });
    case 'secret':
      return tell(context, {
        name,
        class: 'privilege',
        rule: 'reads-secret-place',
        reason: 'it reads where secrets are kept',
      });
    case 'guarded':
      return tell(context, { name, class: 'privilege', rule: 'sed-writes-guarded-place' });
    case 'runs':
      return tell(context, {
        name,
        class: 'opaque',
        rule: 'sed-starts-command',
        reason: 'the script starts a command',
      });
    case 'unread':
      return tell(context, { name, class: 'opaque', rule: 'sed-not-read', reason: 'the script could not be read' });
  }
}

const order: readonly Found[] = ['read', 'write', 'secret', 'guarded', 'unread', 'runs'];

function readSed(script: string): Found {
  let found: Found = 'read';
  const note = (more: Found): void => {
    if (order.indexOf(more) > order.indexOf(found)) found = more;
  };
  let at = 0;
  while (at < script.length) {
    at = skip(script, at, /[\s;{}]/u);
    if (at >= script.length) break;
    const address = skipAddress(script, at);
    if (address < 0) return 'unread';
    at = skip(script, address, /[\s!]/u);
    const command = script[at];
    if (command === undefined) break;
    at += 1;
    if ('=dDgGhHnNpPxzF'.includes(command)) continue;
    if (command === '{' || command === '}') continue;
    if ('aic'.includes(command)) at = endOfText(script, at);
    else if ('btT:'.includes(command)) at = skipTo(script, at, /[;\n}]/u);
    else if ('qQlL'.includes(command)) at = skip(script, at, /[\d ]/u);
    else if ('rR'.includes(command)) {
      const end = skipTo(script, at, /\n/u);
      if (holdsSecrets(script.slice(at, end).trim(), false)) note('secret');
      at = end;
    } else if ('wW'.includes(command)) {
      const end = skipTo(script, at, /\n/u);
      note(targetOf(script.slice(at, end)));
      at = end;
    } else if (command === '#') at = skipTo(script, at, /\n/u);
    else if (command === 'e') return 'runs';
    else if (command === 's' || command === 'y') {
      const flags = skipParts(script, at, 2);
      if (flags < 0) return 'unread';
      at = flags;
      while (command === 's' && at < script.length && /[gpiImMe\d]/u.test(script[at] ?? '')) {
        if (script[at] === 'e') return 'runs';
        at += 1;
      }
      if (command === 's' && script[at] === 'w') {
        const end = skipTo(script, at, /\n/u);
        note(targetOf(script.slice(at + 1, end)));
        at = end;
      } else if (at < script.length && !/[\s;}#]/u.test(script[at] ?? '')) return 'unread';
    } else return 'unread';
  }
  return found;
}

function targetOf(text: string): Found {
  const target = text.trim();
  if (isHarmlessDevice(target)) return 'read';
  return isGuardedPlace(target) ? 'guarded' : 'write';
}

function skip(script: string, from: number, signs: RegExp): number {
  let at = from;
  while (at < script.length && signs.test(script[at] ?? '')) at += 1;
  return at;
}

function skipTo(script: string, from: number, signs: RegExp): number {
  let at = from;
  while (at < script.length && !signs.test(script[at] ?? '')) at += 1;
  return at;
}

/** To the end of the text of `a`, `i` and `c`: lines that end in a backslash go on. */
function endOfText(script: string, from: number): number {
  let at = from;
  while (at < script.length && script[at] !== '\n') at += script[at] === '\\' ? 2 : 1;
  return at;
}

/** @returns where the command begins; -1 if the address is none. */
function skipAddress(script: string, from: number): number {
  let at = from;
  for (let count = 0; count < 2; count++) {
    const sign = script[at] ?? '';
    if (/[\d$]/u.test(sign)) at = skip(script, at + 1, /[\d~]/u);
    else if (/[+~]/u.test(sign) && count === 1) at = skip(script, at + 1, /\d/u);
    else if (sign === '/' || sign === '\\') {
      at = sign === '/' ? skipParts(script, at, 1) : skipParts(script, at + 1, 1);
      if (at < 0) return -1;
      at = skip(script, at, /[IM]/u);
    } else return count === 0 ? at : -1;
    at = skip(script, at, / /u);
    if (script[at] !== ',') return at;
    at = skip(script, at + 1, / /u);
  }
  return at;
}

/** Over `/…/` or `/…/…/` with any delimiter. */
function skipParts(script: string, from: number, parts: number): number {
  const delimiter = script[from];
  if (delimiter === undefined || delimiter === '\n' || delimiter === '\\') return -1;
  let at = from + 1;
  for (let left = parts; left > 0; at++) {
    if (at >= script.length) return -1;
    if (script[at] === '\\') at += 1;
    else if (script[at] === '[' && (left === parts || parts === 1)) at = endOfClass(script, at, delimiter);
    else if (script[at] === delimiter) left -= 1;
  }
  return at;
}

/** Within brackets a delimiter is a letter. */
function endOfClass(script: string, from: number, delimiter: string): number {
  let at = from + 1;
  if (script[at] === '^') at += 1;
  if (script[at] === ']') at += 1;
  while (at < script.length && script[at] !== ']') {
    if (script[at] === '\n') return from;
    at += 1;
  }
  // Some versions end at the delimiter all the same: only a class that holds none is sure.
  return at >= script.length || script.slice(from, at).includes(delimiter) ? from : at;
}
