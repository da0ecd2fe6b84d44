/**
 * Readers that print secrets that stand in the environment: all of it, or that of other processes. Which variables are called
 * like one is told by `secret-names.ts`, and where a word holds one by `words.ts`.
 */
import { type Context, type Subject, tell } from './context.ts';
import { evaluatePlain } from './evaluate-plain.ts';
import { splitWords } from './options.ts';
import { tellSecret } from './tell-secret.ts';

/** `ps auxe` and `ps eww`: without a dash the letter shows the environment of every process. */
export function classifyPs(subject: Subject, context: Context): void {
  const { name, row } = subject;
  const split = splitWords(subject.args, row.grammar);
  const printed = [...split.options.map(({ value }) => value?.text ?? ''), ...split.operands.map(({ text }) => text)];
  if (printed.some((text) => /environ/iu.test(text)) || split.options.some((option) => option.name === '-E'))
    tellSecret(name, context);
  for (const { text, known } of split.operands) {
    if (known && !/^[A-Za-z]+$/u.test(text)) continue;
    if (!known || text.includes('e')) tellSecret(name, context);
    // Behind a letter that takes a value stands that value.
    if (!known || /[oOktpqU]/u.test(text)) break;
  }
  evaluatePlain(subject, split, context);
}

/** `import "config" as $c {search: "~/.docker"}` reads a file that no word of the command names; yq's `eval` runs a text. */
const bringsMore = /(?<![\w.$"])(?:import|include)\s*["#]|(?<![\w.$])eval\s*\(/u;

/** `env` and `$ENV` in its program are all of the environment; `.env` is a field. */
export function classifyJq(subject: Subject, context: Context): void {
  const { name, row } = subject;
  // `--arg name value`: whatever the value looks like, it is no option.
  const isNamed = (at: number): boolean => /^--arg(?:json)?$/u.test(subject.args[at]?.text ?? '');
  const words = subject.args.filter(({ known, loose }, at) => known || loose || !isNamed(at - 2));
  const split = splitWords(words, row.grammar);
  if (split.operands.some(({ text }) => /\$ENV\b|(?<![.$"]|\{\s{0,3})\benv\b(?!\s*:)/u.test(text)))
    tellSecret(name, context);
  if (split.operands.some(({ text }) => bringsMore.test(text)))
    tell(context, {
      name,
      class: 'opaque',
      rule: 'jq-module',
      reason: 'its program reads another file, or runs a text',
    });
  evaluatePlain(subject, split, context);
}
