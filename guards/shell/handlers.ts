/** Commands whose words the tables' grammar cannot describe: shells, `find`, `xargs`, builtins that set variables, and a few more. */
import { type Context, ruleOf, type Subject, tell } from './context.ts';
import { evaluatePlain } from './evaluate-plain.ts';
import { isUnsureText, runsSubscript, tellUnsure } from './evaluated-text.ts';
import { fileWords } from './file-words.ts';
import { classifyFind } from './find.ts';
import { classifyRedis } from './languages/redis.ts';
import { noteSecretNames } from './hand-on.ts';
import { isOption, splitWords } from './options.ts';
import { holdsSecrets, isBlockDevice } from './paths.ts';
import { noteVariable, takeAssignments } from './run-rest.ts';
import { testsSecret } from './compared-secrets.ts';
import { namesASecret } from './secret-names.ts';
import { classifyJq, classifyPs } from './secret-variables.ts';
import { isPrinting } from './prints-files.ts';
import { tellList, tellSecret } from './tell-secret.ts';
import { isTraced } from './traced-secrets.ts';
import { type Arg, hole, literal, outside } from './words.ts';
import { classifyWriteTo } from './write-to.ts';

type Handler = (subject: Subject, context: Context) => void;

export const handlers: Readonly<Record<string, Handler>> = {
  shell: classifyShellProgram,
  find: classifyFind,
  xargs: classifyXargs,
  eval: classifyEval,
  variables: classifyVariables,
  test: classifyTest,
  trap: classifyTrap,
  alias: classifyAlias,
  dd: classifyDd,
  redis: classifyRedis,
  busybox: classifyBusybox,
  sudo: classifySudo,
  date: classifyDate,
  archive: classifyArchive,
  ps: classifyPs,
  jq: classifyJq,
  joined: classifyJoined,
};

const someWord: Arg = { text: hole, known: false, loose: true, mayBeOption: true, glob: false };

/** `*(e:rm x:)` and `${(e)x}`, which bash takes for something else. */
const runsInGlob = /\$\{\s*\(|[^\s;&|($<>`]\(/u;

/** `sh`, `bash` and their kind: `-c` and its text, a file, or what comes in. */
function classifyShellProgram({ name, row, args }: Subject, context: Context): void {
  const split = splitWords(args, row.groupGrammar);
  const flags = new Set(split.options.map((option) => option.name));
  const own = split.options.some(
    ({ name: given }) => ['--rcfile', '--init-file', '-O', '+O'].includes(given) || given === '-i',
  );
  if (split.unsure || own)
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'shell',
      reason: 'it starts a shell that reads more than this script',
    });
  // What the text does with `$1` is not followed.
  if (split.operands.some(({ secret }) => secret)) tellSecret(name, context);
  const [first] = split.operands;
  const inner = isTraced(split.options) ? { ...context, scope: { ...context.scope, traced: true } } : context;
  if (flags.has('-c')) {
    if (!first) return tell(context, { name, class: 'opaque', rule: 'shell' });
    // `sh -c 'cat "$1"' _ .env`
    noteSecretNames(split.operands.slice(1), name, context);
    if (name === 'zsh' && runsInGlob.test(first.text))
      tell(context, {
        name,
        class: 'opaque',
        rule: 'script-not-static',
        reason: 'a pattern of zsh in it may run code',
      });
    if (first.known && !first.loose) return context.runScript(first.text, inner);
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'script-not-static',
      reason: 'the text that it runs is known only when it runs',
    });
  }
  if (first && !flags.has('-s')) {
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'script-file',
      reason: 'it runs a file that is not looked into',
    });
  }
  if (context.stdin.kind === 'text')
    return context.runScript(context.stdin.text, { ...inner, stdin: { kind: 'unknown' } });
  tell(context, {
    name,
    class: 'opaque',
    rule: 'script-from-input',
    reason: 'it runs what comes in on its standard input',
  });
}

const xargsOptions = new Set(
  '-0 -a -d -E -e -I -i -J -L -l -n -P -p -R -r -S -s -t -x --arg-file --delimiter --eof --exit --help --interactive --max-args --max-chars --max-lines --max-procs --no-run-if-empty --null --replace --show-limits --verbose --version'.split(
    ' ',
  ),
);

function classifyXargs(subject: Subject, context: Context): void {
  const { name, row, args } = subject;
  const split = splitWords(args, row.groupGrammar);
  if (split.unsure) return tell(context, { name, class: 'opaque', rule: 'not-static' });
  const replace = split.options.find((option) => ['-I', '-i', '--replace', '-J'].includes(option.name));
  const asked = split.options.some((option) => option.name === '-o' || option.name === '--open-tty');
  if (asked) tell(context, { name, class: 'opaque', rule: 'xargs-terminal' });
  // `--process-slot-var=PATH` chooses which programs are found.
  else if (split.options.some((option) => !xargsOptions.has(option.name)))
    tell(context, { name, class: 'opaque', rule: 'xargs-option', reason: 'an option that is not known' });
  if (split.options.some(({ value }) => value && holdsSecrets(value.text, value.glob)))
    tell(context, { name, class: 'privilege', rule: 'reads-secret-place', reason: 'it reads where secrets are kept' });
  if (split.rest.length === 0) return tell(context, { name, class: 'read', rule: 'xargs' });
  const isListed = (): boolean =>
    split.options.some((option) => option.name === '-a' || isOption(option.name, '--arg-file')) ||
    (context.stdin.kind === 'unknown' && context.stdin.lists?.() === 'list');
  if (isPrinting(split.rest) && isListed() && takesFile(split.rest, replace && (replace.value?.text || '{}')))
    tellList(name, context);
  if (context.stdin.kind === 'text')
    noteHandedOn(context.stdin.text, replace?.value?.text || '{}', subject, split.rest, context);
  if (!replace) return context.runWords([...split.rest, someWord], context);
  const mark = replace.value?.text || '{}';
  context.runWords(
    split.rest.map((arg) => withHoles(arg, mark)),
    context,
  );
}

/** Not where what comes in only stands for a part of a program, or a number: `xargs -I{} jq --arg x {} …`. */
function takesFile([first, ...rest]: readonly Arg[], mark: string | undefined): boolean {
  return mark === undefined || fileWords(first?.text ?? '', rest).some(({ text }) => text.includes(mark));
}

/** Names that stand in the script itself: `xargs cat <<< .env`. */
function noteHandedOn(text: string, mark: string, { name }: Subject, rest: readonly Arg[], context: Context): void {
  const names = text.split(/\s+/u).slice(0, 64);
  const words = names.flatMap((one) => [one, ...rest.map((arg) => arg.text.replaceAll(mark, one))]);
  noteSecretNames(words.map(literal), name, context);
}

/** A word in which a mark stands for text from elsewhere. */
function withHoles(arg: Arg, mark: string): Arg {
  if (!arg.text.includes(mark)) return arg;
  return { ...arg, text: arg.text.replaceAll(mark, hole), known: false, mayBeOption: arg.text.startsWith(mark) };
}

function classifyEval({ name, args }: Subject, context: Context): void {
  if (args.length === 0) return;
  const isStatic = args.every((arg) => arg.known && !arg.loose);
  if (isStatic) context.runScript(args.map((arg) => arg.text).join(' '), context);
  tell(context, { name, class: 'opaque', rule: 'eval', reason: 'it runs text as code' });
}

/** Builtins that set variables: to set `PATH` is to choose programs, and a subscript is run as code. */
function classifyVariables(subject: Subject, context: Context): void {
  const { name, row, args } = subject;
  const split = splitWords(args, row.grammar);
  const handsOver = name === 'export' || split.options.some(({ name: given }) => given === '-x');
  const option = { printf: '-v', wait: '-p' }[name];
  const targets = option
    ? split.options.flatMap(({ name: given, value }) => (given === option && value ? [value] : []))
    : args;
  // Without a name to set, and with `-p`, it prints them.
  const isShown = split.options.some(({ name: given }) => given === '-p');
  const lists = ['export', 'declare', 'typeset', 'readonly'].includes(name) && !functionsOnly(split.options);
  if (lists && (isShown || split.operands.length === 0)) {
    const shown = [...split.operands, ...split.options.flatMap(({ value }) => value ?? [])];
    if (shown.length === 0 || shown.some(({ text, known }) => !known || namesASecret(text))) tellSecret(name, context);
  }
  // Other shells than bash evaluate what a format takes for a number.
  if (name === 'printf' && args.some(({ text }) => runsSubscript(text)))
    tell(context, { name, class: 'opaque', rule: 'subscript', reason: 'a subscript in it may be run as code' });
  for (const { text } of targets) {
    const variable = /^(?:-[A-Za-z]*)?([A-Za-z_]\w*)\+?=?([^]*)$/u.exec(text);
    if (variable?.[1]) noteVariable(variable[1], variable[2], name, context, handsOver);
    if (text.startsWith(hole) || text.startsWith(outside))
      tell(context, { name, class: 'opaque', rule: 'sets-any-variable' });
    if (runsSubscript(text) || (text.includes('[') && isUnsureText(text, context.scope)) || evaluatesAll(subject, text))
      tell(context, { name, class: 'opaque', rule: 'subscript', reason: 'a subscript in it is run as code' });
    else if (name === 'let' && isUnsureText(text, context.scope)) tellUnsure(context);
  }
  evaluatePlain(
    { ...subject, args: args.filter((arg) => !arg.mayBeOption || arg.text !== hole) },
    split.unsure ? { ...split, unsure: false } : split,
    context,
  );
}

/** Of a number or a reference every later value is evaluated; of a list only those that are not known here. */
function evaluatesAll({ name, args }: Subject, text: string): boolean {
  if (!['declare', 'typeset', 'local', 'export', 'readonly'].includes(name)) return false;
  const letters = args.map((arg) => (/^-[A-Za-z]+$/u.test(arg.text) ? arg.text : '')).join('');
  return /[in]/u.test(letters) || (/[aA]/u.test(letters) && text.includes(hole));
}

function functionsOnly(options: readonly { readonly name: string }[]): boolean {
  return options.some(({ name }) => name === '-f' || name === '-F');
}

/** `-v` takes a name, and evaluates the subscript in it; so does a word that becomes `-v` and a name. */
function classifyTest({ name, args }: Subject, context: Context): void {
  const subscript = args.some((arg, at) => {
    const before = args[at - 1];
    if (runsSubscript(arg.text) || (arg.loose && arg.text.includes(hole))) return true;
    const isName = before !== undefined && (/^-[vR]$/u.test(before.text) || before.text.includes(hole));
    return isName && (arg.text.includes(hole) || (arg.text.includes('[') && isUnsureText(arg.text, context.scope)));
  });
  if (testsSecret(args)) tellSecret(name, context);
  tell(context, { name, class: subscript ? 'opaque' : 'read', rule: subscript ? 'subscript' : 'test' });
}

function classifyTrap({ name, args }: Subject, context: Context): void {
  const operands = args.filter(({ text }) => text !== '--');
  const [action] = operands;
  if (!action || operands.length === 1 || action.text === '-' || action.text === '' || /^-[lp]/u.test(action.text)) {
    return tell(context, { name, class: 'read', rule: 'trap' });
  }
  if (action.known) return context.runScript(action.text, context);
  tell(context, { name, class: 'opaque', rule: 'script-not-static' });
}

function classifyAlias({ name, args }: Subject, context: Context): void {
  const defines = args.some(({ text, known }) => !known || text.includes('='));
  tell(context, {
    name,
    class: defines ? 'opaque' : 'read',
    rule: 'alias',
    reason: defines ? 'it changes what a word runs' : '',
  });
}

function classifyDd({ name, args }: Subject, context: Context): void {
  let writes = false;
  for (const arg of args) {
    const { text } = arg;
    if (text.startsWith('of=')) {
      writes = true;
      classifyWriteTo({ ...arg, text: text.slice(3) }, name, context);
    }
    if (text.startsWith('if=') && (holdsSecrets(text.slice(3), arg.glob) || isBlockDevice(text.slice(3)))) {
      tell(context, { name, class: 'privilege', rule: 'reads-guarded-place' });
    }
    if (arg.mayBeOption) writes = true;
  }
  tell(context, { name, class: writes ? 'write' : 'read', rule: 'dd' });
}

/** `busybox rm …`: the word after it is the command. */
function classifyBusybox({ name, args }: Subject, context: Context): void {
  if (args.length === 0 || args[0]?.text.startsWith('-'))
    return tell(context, { name, class: 'read', rule: 'busybox' });
  context.runWords(args, context);
}

/** Rights, whatever runs; and what runs. */
function classifySudo({ name, row, args }: Subject, context: Context): void {
  const split = splitWords(args, row.groupGrammar);
  const looks = args.length === 1 && ['-V', '-l', '--version', '--help', '-h'].includes(args[0]?.text ?? '');
  tell(context, { name, class: looks ? 'read' : 'privilege', rule: ruleOf(name) });
  if (split.unsure) return;
  const edits = split.options.some((option) => option.name === '-e' || option.name === '--edit');
  const { rest, inner } = takeAssignments(name, split.rest, context);
  if (!edits && rest.length > 0) inner.runWords(rest, inner);
}

/** `nft`: a new command begins behind a semicolon or a line's end, in whichever word it stands. */
function classifyJoined(subject: Subject, context: Context): void {
  const { name, row, args } = subject;
  if (args.some(({ text }) => /[;\n\r]/u.test(text) || text.includes(hole)))
    tell(context, {
      name,
      class: 'privilege',
      rule: 'joined-command',
      reason: 'another command may stand in its words',
    });
  evaluatePlain(subject, splitWords(args, row.grammar), context);
}

/** A word that is no format is a time that the clock is set to. */
function classifyDate(subject: Subject, context: Context): void {
  const { name, row } = subject;
  // What stands behind -I in its word is a unit of time.
  const args = subject.args.filter(({ text, known }) => !known || !/^-I[a-z]*$/u.test(text));
  const split = splitWords(args, row.grammar);
  if (split.operands.some(({ text }) => !text.startsWith('+')))
    tell(context, { name, class: 'privilege', rule: 'sets-clock', reason: 'it sets the clock' });
  evaluatePlain(subject, split, context);
}

/** `host:file` is read through a remote shell; an old-style `f` takes its name from an operand. */
function classifyArchive(subject: Subject, context: Context): void {
  const { name, row, args } = subject;
  const split = splitWords(args, row.grammar);
  const names = [...split.operands, ...split.options.flatMap(({ value }) => value ?? [])];
  const local = split.options.some((option) => isOption(option.name, '--force-local'));
  if (!local && names.some(({ text }) => /^[\w.@-]+:/u.test(text)))
    tell(context, { name, class: 'network', rule: 'remote-archive', reason: 'it starts a shell on another machine' });
  evaluatePlain(subject, split, context);
}
