/**
 * Walks a parsed script: every command in it, wherever it stands, with what it reads and writes. A part that could not be
 * parsed is a fact of its own; nothing is passed over in silence.
 */
import {
  type AndOr,
  type Command,
  type CommandNode,
  forEachChild,
  type Function as ShellFunction,
  parse,
  type Pipeline,
  type Redirection,
  type Statement,
  type SyntaxNode,
} from 'unbash';
import { classifyWords } from './classify-command.ts';
import { type Context, type Handed, type Stdin, tell } from './context.ts';
import { noteAssignment, noteExpansion } from './assignments.ts';
import { noteArithmetic, tellUnsure } from './evaluated-text.ts';
import { standsForTooMany } from './expand-braces.ts';
import { fileWords } from './file-words.ts';
import { noteForkBomb } from './fork-bomb.ts';
import { isMountedByName } from './own-network.ts';
import { isHarmlessDevice, holdsSecrets } from './paths.ts';
import { noteVariable } from './run-rest.ts';
import { keepsInput, mostFolders, type Scope, scopeOf, withVariables } from './scope.ts';
import { noteListed, noteSecretNames, noteSecretText } from './hand-on.ts';
import { handedOut, holdsList, printsInside, readsFile } from './lists-files.ts';
import { isPrinting } from './prints-files.ts';
import { comparesSecret, looksIntoSecret } from './compared-secrets.ts';
import { tellList, tellSecret } from './tell-secret.ts';
import { showsTested } from './traced-secrets.ts';
import { printsKnown, staticOutput } from './static-output.ts';
import { type Arg, hole, literal, outside, resolveText, resolveWord } from './words.ts';
import { classifyWriteTo } from './write-to.ts';

const deepest = 12;
/** Of brackets. A script of people has a handful; each level costs the parser another look at all that is in it. */
const deepestNesting = 100;
/** UTF-16 units. */
const longest = 65_536;
/** NUL ends a text for the system; the others stand for holes here. */
const unreadable = ['\u0000', hole, outside];

export function classifyScript(text: string, context: Context): void {
  if (unreadable.some((sign) => text.includes(sign)))
    return notParsed(context, 'it holds control characters that no script needs');
  if (context.depth > deepest || text.length > longest)
    return notParsed(context, 'it is too deep or too long to be read');
  if (nesting(text) > deepestNesting) return notParsed(context, 'it is too deep or too long to be read');
  const script = parse(text);
  if (script.errors && script.errors.length > 0) notParsed(context, 'it is no script that parses');
  // Of a script within a script nobody has the place: the outer command's is kept.
  const inner: Context = { ...context, depth: context.depth + 1, scope: scopeOf(script, context.scope) };
  if (inner.scope.folders.length > mostFolders)
    tell(inner, {
      class: 'opaque',
      rule: 'too-many-folders',
      reason: 'it changes its folder too often to be followed',
    });
  walk(script, inner);
}

const [openingBracket, closingBracket, openingBrace, closingBrace] = [40, 41, 123, 125];

/** Brackets open at once, quoted ones too: an upper bound. */
function nesting(text: string): number {
  let open = 0;
  let most = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === openingBracket || code === openingBrace) most = Math.max(most, ++open);
    else if ((code === closingBracket || code === closingBrace) && open > 0) open -= 1;
  }
  return most;
}

function notParsed(context: Context, reason: string): void {
  context.report.parsed = false;
  tell(context, { class: 'opaque', rule: 'not-parsed', reason });
}

function walk(node: SyntaxNode, context: Context): void {
  // That it is too much was said; the rest would only be more of it.
  if (context.report.workLeft < 0) return;
  switch (node.type) {
    case 'Statement':
      // A command has a place of its own.
      return walk(node.command, node.command.type === 'Command' ? context : placed(node, context));
    case 'AndOr':
      return walkAll(node, context);
    case 'Pipeline':
      return walkPipeline(node, context);
    case 'Command':
      return walkCommand(node, placed(node, context));
    case 'Function':
      noteForkBomb(node, placed(node, context));
      return walk(node.body, context);
    case 'Redirected':
      noteListed(node.command, node.redirects, context);
      if (printsInside(node.command, context.scope)) noteSecretText(stdinOf(node, context), '(loop)', context);
      walk(node.command, context);
      for (const redirect of node.redirects) walkRedirect(redirect, context);
      return;
    case 'CommandExpansion':
    case 'ProcessSubstitution':
      return walkSubstitution(node, context);
    case 'Case':
      if (resolveText(node.word.parts, node.word.value, context.scope).secret) tellSecret('(case)', context);
      return walkChildren(node, context);
    case 'TestUnary':
      if (looksIntoSecret(node, context.scope) || showsTested(node, context.scope)) tellSecret('(test)', context);
      return walkChildren(node, context);
    case 'TestBinary':
      if (comparesSecret(node, context.scope) || showsTested(node, context.scope)) tellSecret('(test)', context);
      return walkChildren(node, context);
    case 'TestCommand':
    case 'ArithmeticCommand':
    case 'ArithmeticExpansion':
    case 'ArithmeticFor':
      noteArithmetic(node, context);
      return walkChildren(node, context);
    case 'Assignment':
      noteAssignment(node, context);
      return walkChildren(node, context);
    case 'Word':
      if (node.parts && standsForTooMany(node.parts))
        tell(context, { class: 'opaque', rule: 'too-much', reason: 'it stands for more words than can be read' });
      return walkChildren(node, context);
    case 'ParameterExpansion':
      noteExpansion(node, context);
      return walkChildren(node, context);
    case 'For':
    case 'Select':
      // `for f in ~/.ssh/*`: what the loop does with them is not followed.
      noteSecretNames(
        (node.wordlist ?? []).flatMap((word) => resolveWord(word, context.scope)),
        '(loop)',
        context,
      );
      if (node.wordlist?.some((word) => resolveWord(word, context.scope).some(({ secret }) => secret)))
        tellSecret('(loop)', context);
      noteListed(node.body, node.wordlist ?? [], context);
      noteVariable(node.name.value, undefined, '(assignment)', context);
      return walkChildren(node, context);
    default:
      return walkChildren(node, context);
  }
}

/** Only of the script itself: positions within a text that became a script are none in it. */
function placed(node: Statement | Command | ShellFunction, context: Context): Context {
  return context.depth === 1 ? { ...context, span: { start: node.pos, end: node.end } } : context;
}

function walkChildren(node: SyntaxNode, context: Context): void {
  forEachChild(node, (child) => walk(child, context));
}

function walkAll({ commands }: AndOr, context: Context): void {
  for (const command of commands) walk(command, context);
}

function walkPipeline({ commands }: Pipeline, context: Context): void {
  let { stdin } = context;
  const last = commands.length - 1;
  commands.forEach((command, at) => {
    const inner = { ...context, stdin, feeds: context.feeds || at < last };
    if (
      command.type !== 'Command' &&
      stdin.kind === 'unknown' &&
      stdin.lists?.() === 'list' &&
      printsInside(command, context.scope)
    )
      tellList('(loop)', inner);
    walk(command, inner);
    if (at < last) stdin = outputOf(command, inner);
  });
}

function outputOf(command: CommandNode, context: Context): Stdin {
  // Few read a list of names, so that what there is in it is looked at only then.
  if (command.type !== 'Command')
    return { kind: 'unknown', lists: () => (holdsList(command, context.scope) ? 'list' : undefined) };
  const stdin = stdinOf(command, context);
  const text = printsKnown.has(command.name?.value ?? '') ? staticOutput(wordsOf(command, context), stdin) : undefined;
  if (text !== undefined) return { kind: 'text', text };
  let known: { readonly handed: Handed | undefined } | undefined;
  const lists = (): Handed | undefined => {
    known ??= {
      handed: handedOut(
        wordsOf(command, context),
        context.scope,
        stdin.kind === 'text' ? 'text' : stdin.kind === 'unknown' ? stdin.lists?.() : undefined,
      ),
    };
    return known.handed;
  };
  return { kind: 'unknown', lists };
}

function walkSubstitution(
  node: Extract<SyntaxNode, { type: 'CommandExpansion' | 'ProcessSubstitution' }>,
  context: Context,
): void {
  const inner: Context = { ...context, stdin: { kind: 'unknown' }, feeds: true };
  if (!node.script || (node.script.errors?.length ?? 0) > 0) notParsed(inner, 'a substitution in it does not parse');
  if (node.script) walk(node.script, { ...inner, depth: inner.depth + 1 });
}

function walkCommand(node: Command, context: Context): void {
  // What stands in its words runs before it does.
  if (node.name) walkPart(node.name, node, context);
  for (const part of node.prefix) walkPart(part, node, context);
  for (const part of node.suffix) walkPart(part, node, context);
  const scope = node.name && node.prefix.length > 0 ? scopeWithPrefix(node, context.scope) : context.scope;
  const words = wordsOf(node, context);
  if (printsListed(node, words, scope)) tellList('(substitution)', context);
  if (words.length === 0) return;
  if (words.some(({ secret }) => secret)) {
    // What a function of the script does with it is not followed.
    if (scope.find(`${words[0]?.text ?? ''}()`) !== undefined) tellSecret('(function)', context);
    if (scope.traced) tellSecret('(trace)', context);
  }
  const stdin = stdinOf(node, context);
  noteMadeNames(words, stdin, context);
  classifyWords(words, { ...context, scope, stdin });
}

/** `NAME=x command`: it gets the variables besides. */
function scopeWithPrefix({ prefix }: Command, scope: Scope): Scope {
  const variables = new Map<string, string | null>();
  for (const part of prefix) {
    if (part.type !== 'Assignment') continue;
    const { value } = part;
    variables.set(part.name, value.type === 'Word' ? knownText(resolveText(value.parts, value.value, scope)) : null);
  }
  return withVariables(scope, variables);
}

/** A word of it that names files has a list in it: `cat $(ls -a)`, not `head -n "$(cat n)" f`. */
function printsListed({ suffix }: Command, words: readonly Arg[], scope: Scope): boolean {
  const listed = suffix.filter(
    (part) =>
      part.type === 'Word' && part.parts?.some((one) => one.type !== 'ProcessSubstitution' && holdsList(one, scope)),
  );
  if (listed.length === 0 || !isPrinting(words)) return false;
  const texts = listed.flatMap((part) =>
    part.type === 'Word' ? resolveWord(part, scope).map(({ text }) => text) : [],
  );
  return fileWords(words[0]?.text ?? '', words.slice(1)).some(({ text }) => texts.includes(text));
}

/** Names that it prints for another command, or keeps in a variable: `printf '/etc/%s' shadow | xargs cat`, `read x <<< .env`. */
function noteMadeNames(words: readonly Arg[], stdin: Stdin, context: Context): void {
  const name = words[0]?.text ?? '';
  if (keepsInput.has(name)) noteSecretText(stdin, name, context);
  if (!context.feeds || !printsKnown.has(name)) return;
  const text = staticOutput(words, stdin);
  if (text !== undefined) noteSecretText({ kind: 'text', text }, name, context);
}

/** `IFS= read -r line`: how it cuts lines, and nothing else. */
function isRead({ name }: Command, { scope }: Context): boolean {
  return name?.value === 'read' && !name.parts && scope.find('read()') === undefined;
}

/** A word in which nothing stands that runs or is expanded. */
function isPlain(part: SyntaxNode): boolean {
  return part.type === 'Word' && part.parts === undefined;
}

function knownText(arg: Arg): string | null {
  return arg.known ? arg.text : null;
}

function walkPart(part: SyntaxNode, command: Command, context: Context): void {
  if (isPlain(part)) return;
  if (part.type === 'Assignment') {
    if (part.name !== 'IFS' || !isRead(command, context)) noteAssignment(part, context, command.name?.value);
    walkChildren(part, context);
  } else if (part.type === 'Redirect' || part.type === 'HereString' || part.type === 'HereDoc')
    walkRedirect(part, context);
  else walk(part, context);
}

function wordsOf(node: Command, context: Context): Arg[] {
  if (!node.name) return [];
  const words = resolveWord(node.name, context.scope);
  for (const arg of node.args) {
    if (arg.type === 'Word') {
      // Most words are plain, and become themselves.
      if (arg.parts) words.push(...resolveWord(arg, context.scope));
      else words.push(literal(arg.value));
    } else {
      const value =
        arg.value.type === 'Word' ? resolveText(arg.value.parts, arg.value.value, context.scope) : undefined;
      words.push({
        text: `${arg.name}=${value?.text ?? ''}`,
        known: value?.known ?? false,
        loose: false,
        mayBeOption: false,
        glob: false,
      });
    }
  }
  return words;
}

function stdinOf(node: Pick<Command, 'redirects'>, context: Context): Stdin {
  let { stdin } = context;
  for (const redirect of node.redirects) {
    if (redirect.type === 'HereDoc') {
      const { text, known } = resolveText(redirect.body.parts, redirect.body.text, context.scope);
      stdin = known ? { kind: 'text', text } : { kind: 'unknown' };
    } else if (redirect.type === 'HereString') {
      const value = redirect.target
        ? resolveText(redirect.target.parts, redirect.target.value, context.scope)
        : undefined;
      stdin = value?.known ? { kind: 'text', text: `${value.text}\n` } : { kind: 'unknown' };
    } else if (readsFile(redirect)) stdin = { kind: 'unknown', lists: () => 'list' };
    else if (redirect.operator === '<' || redirect.operator === '<>' || redirect.operator === '<&')
      stdin = { kind: 'unknown' };
  }
  return stdin;
}

function walkRedirect(redirect: Redirection, context: Context): void {
  walkChildren(redirect, context);
  // `exec {a[$x]}<f`
  if (redirect.descriptor?.type === 'FileDescriptorVariable' && redirect.descriptor.name.includes('['))
    tellUnsure(context);
  if (redirect.type !== 'Redirect') {
    const { parts, text } = redirect.type === 'HereDoc' ? redirect.body : { parts: redirect.target?.parts, text: '' };
    if (resolveText(parts, text, context.scope).secret) tellSecret('(here-document)', context);
    return;
  }
  const target = redirect.target ? resolveText(redirect.target.parts, redirect.target.value, context.scope) : undefined;
  const at: Context = context.depth === 1 ? { ...context, span: { start: redirect.pos, end: redirect.end } } : context;
  const name = '(redirection)';
  if (!target) return tell(at, { name, class: 'opaque', rule: 'not-parsed' });
  const { text } = target;
  if (/^\/dev\/(?:tcp|udp)\//u.test(text))
    return tell(at, { name, class: 'network', rule: 'network-redirect', reason: 'it opens a connection' });
  if (redirect.operator === '<') {
    if (holdsSecrets(text, target.glob, context.scope.folders))
      tell(at, { name, class: 'privilege', rule: 'reads-secret-place', reason: 'it reads where secrets are kept' });
    else if (isMountedByName(text)) tell(at, { name, class: 'network', rule: 'mounts-by-name' });
    else if (text.startsWith(hole)) tell(at, { name, class: 'opaque', rule: 'not-static' });
    return;
  }
  if ((redirect.operator === '>&' || redirect.operator === '<&') && /^(?:\d+-?|-)$/u.test(text)) return;
  if (redirect.operator === '<&') return;
  if (isHarmlessDevice(text)) return;
  classifyWriteTo(target, name, at);
  tell(at, { name, class: 'write', rule: 'redirect', reason: 'it writes a file' });
}
