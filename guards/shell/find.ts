/** `find`: mostly looks, but deletes, writes files and runs commands where it is told to. */
import { type Context, type Subject, tell } from './context.ts';
import { reachesSecrets, runs, secretsIn } from './find-tests.ts';
import { holdsSecrets, isVital } from './paths.ts';
import { isPrinting } from './prints-files.ts';
import { type Arg, hole, outside } from './words.ts';
import { classifyWriteTo } from './write-to.ts';

const writes = new Set(['-fprint', '-fprint0', '-fprintf', '-fls']);
const takesValue =
  /^-(?:name|iname|path|ipath|wholename|iwholename|regex|iregex|lname|ilname|type|xtype|newer\w*|anewer|cnewer|size|mtime|atime|ctime|mmin|amin|cmin|perm|user|group|uid|gid|maxdepth|mindepth|printf|inum|links|samefile|fstype|used|regextype|files0-from|context|D)$/u;

export function classifyFind({ name, args }: Subject, context: Context): void {
  const starts: Arg[] = [];
  let tests = 0;
  const { folders } = context.scope;
  const secret = secretsIn(args, folders);
  if (secret !== undefined && context.feeds)
    tell(context, { name, class: 'privilege', rule: 'find-secrets', reason: 'it hands on where secrets are kept' });
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (!arg) break;
    if (canBePredicate(arg)) {
      return tell(context, {
        name,
        class: 'opaque',
        rule: 'not-static',
        reason: 'a word of it may turn out to be an action',
      });
    }
    const { text } = arg;
    // Of a `find` within another's -exec: the outer one has taken the inner one's end.
    if (text === ';' && arg.known) tell(context, { name, class: 'opaque', rule: 'not-static' });
    if (runs.has(text)) {
      const end = args.findIndex(
        (one, at) => at > index && (one.text === ';' || (one.text === '+' && args[at - 1]?.text === '{}')),
      );
      const command = args.slice(index + 1, end < 0 ? args.length : end);
      const found = secret ?? (isPrinting(command) && reachesSecrets(args, folders) ? './id_rsa' : undefined);
      context.runWords(
        command.map((one) => withPath(one, found)),
        { ...context, stdin: { kind: 'unknown' } },
      );
      index = end < 0 ? args.length : end;
    } else if (text === '-files0-from' && holdsSecrets(args[index + 1]?.text ?? '', false)) {
      // What it does not find it complains of by name.
      tell(context, { name, class: 'privilege', rule: 'find-secrets', reason: 'it reads where secrets are kept' });
    } else if (text === '-delete') {
      const whole = tests === 0 && starts.some((start) => isVital(start.text));
      tell(context, { name, class: 'destructive', rule: 'find-delete', beyondDoubt: whole });
    } else if (writes.has(text)) {
      const target = args[index + 1];
      tell(context, { name, class: 'write', rule: 'find-writes' });
      if (target) classifyWriteTo(target, name, context);
    } else if (
      text.startsWith('-') &&
      tests === 0 &&
      !/^-(?:[HLPO]|maxdepth|mindepth|xdev|mount|depth|noleaf|ignore_readdir_race)/u.test(text)
    ) {
      tests += 1;
    } else if (!text.startsWith('-') && tests === 0) starts.push(arg);
    // Its value is a value, whatever it looks like, unless it is not one word.
    if (takesValue.test(text) && args[index + 1]?.loose !== true) index += 1;
  }
  tell(context, { name, class: 'read', rule: 'find' });
}

/** A predicate is a whole word: a pattern with letters in it fits none. */
function canBePredicate({ text, mayBeOption, loose, glob }: Arg): boolean {
  if (loose) return true;
  return mayBeOption && (!glob || /^[*?]+$/u.test(text) || text.includes(hole));
}

/**
 * `find` hands out paths that begin as its start does: never as an option. Within code they are anybody's text.
 * @param secret stands for what it finds, where that may be a secret
 */
function withPath(arg: Arg, secret: string | undefined): Arg {
  if (!arg.text.includes('{}')) return arg;
  const found = secret !== undefined && arg.text === '{}' ? secret : `./${outside}`;
  return { ...arg, text: arg.text.replaceAll('{}', found), known: false };
}
