/** The findings for names of files that a script hands on: to a variable, a function, a script within it, what comes in by a list. */
import type { SyntaxNode } from 'unbash';
import { type Context, type Stdin, tell } from './context.ts';
import { holdsList, printsInside, readsFile } from './lists-files.ts';
import { holdsSecrets } from './paths.ts';
import { tellList } from './tell-secret.ts';
import { type Arg, literal } from './words.ts';

/** What is done with them there is not followed. */
export function noteSecretNames(words: readonly Arg[], name: string, context: Context): void {
  if (words.some(({ text, glob }) => holdsSecrets(text, glob, context.scope.folders)))
    tell(context, {
      name,
      class: 'privilege',
      rule: 'reads-secret-place',
      reason: 'it hands on the name of where secrets are kept',
    });
}

/** More would be work for each of its words. */
const mostNames = 64;

/** Names that stand in a text which comes in. */
export function noteSecretText(stdin: Stdin, name: string, context: Context): void {
  if (stdin.kind !== 'text') return;
  noteSecretNames(stdin.text.split(/\s+/u, mostNames).map(literal), name, context);
}

/** What a loop or a group prints of names that are listed in its words, or come in by a redirection. */
export function noteListed(body: SyntaxNode, from: readonly SyntaxNode[], context: Context): void {
  if (from.some((node) => readsFile(node) || holdsList(node, context.scope)) && printsInside(body, context.scope))
    tellList('(loop)', context);
}
