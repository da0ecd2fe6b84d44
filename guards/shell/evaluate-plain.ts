/**
 * One command by its row of the tables: its class, what its options, operands and code add to it, what it destroys, writes,
 * reads and runs. What may be an option without being seen as one makes it `opaque`.
 */
import { type Context, ruleOf, type Subject, tell } from './context.ts';
import type { ShellClass } from '../../core/contracts/shell-class.ts';
import { worstOf } from './facts.ts';
import type { Effect, Knowledge } from './knowledge.ts';
import { classifyLanguage } from './languages.ts';
import { mayDoMore } from './option-names.ts';
import { classesOfValue } from './option-values.ts';
import { type GivenOption, isOption, type SplitWords } from './options.ts';
import { holdsMuch, holdsSecrets, isBlockDevice, isHarmlessDevice, isVital } from './paths.ts';
import { runRest } from './run-rest.ts';
import { searchesForSecrets } from './searches-secrets.ts';
import { type Arg, literal } from './words.ts';
import { classifyWriteTo } from './write-to.ts';

export function evaluatePlain({ name, row, args }: Subject, split: SplitWords, context: Context): void {
  const { options, operands } = split;
  const lowered =
    row.lowers.length > 0 &&
    options.some((option) => isAnyOf(option, row.lowers)) &&
    (row.class === 'read' || options.every((option) => isKnown(row, option)));
  const classes: ShellClass[] = [
    lowered || copiesOnly(row, operands) ? 'read' : args.length === 0 && row.bare ? row.bare : row.class,
  ];
  classes.push(...effectsOf(row, options, name, context));
  if (split.unsure && hasMore(row)) classes.push('opaque');
  if (row.operands && operands.length > row.operands.beyond && !lowered) classes.push(row.operands.class);
  const program = row.program;
  if (program && !options.some((option) => isAnyOf(option, program.unless))) {
    const codes = operands.slice(program.at, program.further ? undefined : program.at + 1);
    for (const code of codes) classifyLanguage(program.language, code, name, context);
    if (codes.length === 0 && program.at === 0 && program.language !== 'sql') classes.push('opaque');
  }
  if (row.stdin && !lowered && !bringsCode(row, split)) classifyStdin(row, name, context);
  if (row.guarded && operands.some((operand) => isGuarded(row, operand))) classes.push(row.guarded.class);
  const { reaches } = row;
  if (reaches && reaches !== 'file') classes.push(...operands.flatMap((operand) => classesOfValue(reaches, operand)));
  const beyondDoubt = destroysVital(row, split);
  if (row.writes && !lowered) {
    for (const target of row.writes === 'all' ? operands : operands.slice(-1)) classifyWriteTo(target, name, context);
  }
  if (readsSecret(row, split, lowered, context) || showsSecret(row, args, lowered)) classes.push('privilege');
  const worst = worstOf(classes);
  tell(context, { name, class: worst, rule: ruleOf(name), reason: classes[0] === worst ? row.why : '', beyondDoubt });
  if (row.runs && !lowered) runRest({ name, row, args }, split, context);
}

/** In an option, or as an operand. */
function bringsCode(row: Knowledge, { options, operands }: SplitWords): boolean {
  return (
    options.some((option) => effectOf(row, option)?.language !== undefined) ||
    (row.program !== undefined && operands.length > row.program.at)
  );
}

/** `tee /dev/stderr`: what it writes to keeps nothing. */
function copiesOnly(row: Knowledge, operands: readonly Arg[]): boolean {
  return (
    row.class === 'write' &&
    row.writes === 'all' &&
    operands.length > 0 &&
    operands.every(({ text, known }) => known && isHarmlessDevice(text))
  );
}

/** Classes of the options given; what is code in them is classified on its own. */
export function effectsOf(
  row: Knowledge,
  options: readonly GivenOption[],
  name: string,
  context: Context,
): ShellClass[] {
  const classes: ShellClass[] = [];
  for (const option of options) {
    const effect = effectOf(row, option);
    if (!effect) {
      if (row.closed && !isKnown(row, option)) classes.push('opaque');
      else if (
        !row.audited &&
        !row.values.has(option.name) &&
        mayRead(row) &&
        mayDoMore(row.grammar.singleDash ? `-${option.name}` : option.name)
      )
        classes.push('opaque');
      continue;
    }
    classes.push(effect.class);
    if (effect.value === 'file' && option.value) classifyWriteTo(option.value, name, context);
    if (effect.value && effect.value !== 'file') classes.push(...classesOfValue(effect.value, option.value));
    if (effect.language) {
      if (option.value) classifyLanguage(effect.language, option.value, name, context);
      else classes.push('opaque');
    }
  }
  return classes;
}

function isKnown(row: Knowledge, option: GivenOption): boolean {
  if (isAnyOf(option, row.lowers) || effectOf(row, option) !== undefined) return true;
  return row.values.has(option.name) || /^-\d$/u.test(option.name);
}

/** Without a word of the tables against it, it could be a read. */
function mayRead(row: Knowledge): boolean {
  return row.class === 'read' || row.bare === 'read' || row.lowers.length > 0 || row.subcommands !== undefined;
}

function effectOf(row: Knowledge, option: GivenOption): Effect | undefined {
  const { name } = option;
  // Only a long one may be cut short.
  if (!name.startsWith('--')) return row.effects.get(name);
  return row.longOptions.get(name.slice(0, 3))?.find(([known]) => isOption(name, known))?.[1];
}

/** Whether an option or operand could make it more than its class says. */
function hasMore(row: Knowledge): boolean {
  return (
    row.class === 'read' &&
    (!row.audited ||
      row.operands !== undefined ||
      row.reaches !== undefined ||
      row.program !== undefined ||
      row.options.some(([, effect]) => effect.class !== 'read'))
  );
}

function classifyStdin(row: Knowledge, name: string, context: Context): void {
  const { stdin } = context;
  if (!row.stdin) return;
  if (stdin.kind === 'text') classifyLanguage(row.stdin, literal(stdin.text), name, context);
  else
    tell(context, {
      name,
      class: 'opaque',
      rule: 'code-from-input',
      reason: 'it takes what to do from its standard input',
    });
}

function isGuarded(row: Knowledge, operand: Arg): boolean {
  if (!operand.known) return row.class === 'read';
  const text = operand.text.toLowerCase();
  const parts = text.includes(',') ? text.split(',') : [text];
  return parts.some((one) => row.guarded?.patterns.some((pattern) => pattern.test(one)));
}

function destroysVital(row: Knowledge, { options, operands }: SplitWords): boolean {
  if (!row.deletes) return false;
  const recursive = row.deletes.always || options.some((option) => isAnyOf(option, row.deletes?.recursive ?? []));
  return recursive && operands.some((operand) => !operand.mayBeOption && isVital(operand.text));
}

/** What reads shows its words, or complains of them by name. Not what they are a password for. */
function showsSecret(row: Knowledge, args: readonly Arg[], lowered: boolean): boolean {
  return (
    (row.class === 'read' || lowered) &&
    !row.reaches &&
    row.stdin !== 'sql' &&
    args.some(({ secret }) => secret === true)
  );
}

/** Of one word: more would be work for each. */
const mostSettings = 32;

/** Of what only looks, nothing of a file is shown. */
function readsSecret(
  row: Knowledge,
  split: SplitWords,
  lowered: boolean,
  { feeds, scope: { folders } }: Context,
): boolean {
  const { operands, options } = split;
  if (row.handsOn) return feeds && operands.some(({ text, glob }) => holdsSecrets(text, glob, folders));
  if (row.looksOnly || (row.class !== 'read' && !lowered)) return false;
  const code = row.program && operands[row.program.at];
  const descends =
    row.descends !== undefined &&
    (row.descends.always || options.some((option) => isAnyOf(option, row.descends?.options ?? [])));
  if (descends && (searchesForSecrets(row, split) || (operands.length < 2 && holdsMuch('.', folders)))) return true;
  const isSecret = ({ text: word, glob }: Arg): boolean => {
    const text = word.startsWith('file') ? word.replace(/^fileb?:\/\//u, '') : word;
    return (
      holdsSecrets(text, glob, folders) ||
      // What a lowered command says of a disk is not what is on it.
      (row.class === 'read' && isBlockDevice(text)) ||
      (descends && holdsMuch(text, folders)) ||
      // `-o custom-columns-file=/path`, and of a list of such: `Name=x,Values@=file:///path`.
      (text.includes('=') &&
        text.split(/[=,]/u, mostSettings).some((one) => holdsSecrets(one.replace(/^fileb?:\/\//u, ''), glob, folders)))
    );
  };
  return (
    operands.some((operand) => operand !== code && isSecret(operand)) ||
    options.some(({ value }) => value !== undefined && isSecret(value))
  );
}

export function isAnyOf(option: GivenOption, known: readonly string[]): boolean {
  return known.some((one) => isOption(option.name, one));
}
