/**
 * Classifies one command by the tables: its options, operands, subcommands and what it runs in turn. What the tables do not
 * know, and what may be an option without being seen as one, is `opaque`.
 */

import { type Context, ruleOf, type Subject, tell } from './context.ts';
import { worstOf } from './facts.ts';
import { effectsOf, evaluatePlain, isAnyOf } from './evaluate-plain.ts';
import { noteSecretNames } from './hand-on.ts';
import { handlers } from './handlers.ts';
import { knowledgeOf, subcommandOf } from './knowledge.ts';
import { splitWords } from './options.ts';
import { isMountedByName } from './own-network.ts';
import type { Arg } from './words.ts';

const systemFolder = /^(?:\/usr(?:\/local)?)?\/s?bin\/|^\/opt\/homebrew\/bin\//u;

/** So many words are as much work as a further command. */
const wordsPerCommand = 64;

export function classifyWords(args: readonly Arg[], context: Context): void {
  const [first, ...rest] = args;
  if (!first) return;
  const { report } = context;
  if (report.workLeft <= 0) {
    // Below 0, nothing more is read: never before it has been told.
    report.workLeft = -1;
    return tell(context, { class: 'opaque', rule: 'too-much', reason: 'it is too long to be read' });
  }
  // A wrapper's words are read again for what it runs: `sudo sudo sudo …` would cost the square of its length.
  report.workLeft = Math.max(0, report.workLeft - 1 - Math.floor(rest.length / wordsPerCommand));
  if (!first.known || first.loose) {
    return tell(context, {
      class: 'opaque',
      rule: 'name-not-static',
      reason: 'which command it runs is known only when it runs',
    });
  }
  const name = first.text.replace(systemFolder, '');
  if (name.includes('/')) {
    return tell(context, {
      class: 'opaque',
      rule: 'own-program',
      reason: 'it runs a program that is not part of the system',
    });
  }
  if (rest.some(({ text }) => text.startsWith('/') && isMountedByName(text)))
    tell(context, { name, class: 'network', rule: 'mounts-by-name', reason: 'its path names another machine' });
  const row = knowledgeOf(name);
  if (!row) {
    if (context.scope.find(`${name}()`) === undefined) {
      tell(context, { class: 'opaque', rule: 'unknown-command', reason: 'nothing is known of this command' });
    } else noteSecretNames(rest, '(function)', context);
    // A function: what it does was classified where it stands.
    return;
  }
  evaluate({ name, row, args: rest }, context);
}

/** `name --help`, and nothing else, with any command of the tables that starts no other one. */
function asksForHelp({ row, args }: Subject): boolean {
  const [only] = args;
  if (args.length !== 1 || !only?.known || row.runs?.joins) return false;
  return only.text === '--help' || only.text === '--version' || row.alone.includes(only.text);
}

export function evaluate(subject: Subject, context: Context): void {
  const { name, row } = subject;
  if (asksForHelp(subject)) return tell(context, { name, class: 'read', rule: ruleOf(name) });
  const handler = row.handler === undefined ? undefined : handlers[row.handler];
  if (handler) return handler(subject, context);
  if (row.subcommands) return evaluateSubcommand(subject, context);
  evaluatePlain(subject, splitWords(subject.args, row.grammar), context);
}

function evaluateSubcommand({ name, row, args }: Subject, context: Context): void {
  const split = splitWords(args, row.groupGrammar);
  const [word, ...rest] = split.rest;
  const own = effectsOf(row, split.options, name, context);
  if (!word) {
    const lowered = split.options.length > 0 && split.options.every((option) => isAnyOf(option, row.lowers));
    // A group that is known by its name only says how it is used; what a pattern took for a group may be what is done.
    const base = split.options.length === 0 && !row.guessed ? 'read' : row.class;
    return tell(context, { name, class: worstOf([lowered ? 'read' : (row.bare ?? base), ...own]), rule: ruleOf(name) });
  }
  const node = word.known && !split.unsure ? subcommandOf(row, word.text) : undefined;
  if (!node) {
    return tell(context, {
      name,
      class: worstOf(['opaque', row.class, ...own]),
      rule: 'unknown-subcommand',
      reason: 'nothing is known of this subcommand',
    });
  }
  if (own.some((one) => one !== 'read')) tell(context, { name, class: worstOf(own), rule: `${ruleOf(name)}-option` });
  if (row.manual && rest[0]?.text === '--help')
    return tell(context, {
      name,
      class: 'opaque',
      rule: 'shows-manual',
      reason: 'it shows the manual with a program that settings may name',
    });
  evaluate({ name: `${name} ${word.text}`.slice(0, 60), row: node, args: rest }, context);
}
