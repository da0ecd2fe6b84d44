/**
 * What the CEL library finds wrong with a condition, as a complaint with a remedy: types that do not fit, and the signs that
 * people of other languages write. It words faults; it decides nothing, and what is not in its tables is refused all the same.
 */
import { ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import { type ConditionComplaint, unknownField, unknownName } from './condition-check.ts';
import { quote, quoteSentence } from './problems.ts';

interface Advice {
  readonly expected: string;
  readonly remedy: string;
}

export function complaintOf(error: unknown, text: string): ConditionComplaint {
  if (!(error instanceof ParseError || error instanceof CelTypeError)) {
    return {
      offset: 0,
      found: 'a condition that cannot be read',
      expected: 'a condition in CEL',
      remedy: 'simplify it',
    };
  }
  const offset = error.range?.start ?? 0;
  const word = text.slice(offset, error.range?.end ?? offset);
  if (error.code === 'unknown_variable') return unknownName({ start: offset }, word);
  if (error.code === 'no_such_key') return unknownField(offset, word);
  const sign = error.code === 'unexpected_character' ? signAt(text, offset) : undefined;
  if (sign) return { offset, ...sign };
  const [summary = ''] = error.summary.split('\n');
  const words = summary.replace(/^no such overload: /u, 'the types ').replace(/^found no matching overload for /u, '');
  return { offset, found: quoteSentence(words).slice(1, -1), ...adviceOn(error.code, summary) };
}

function adviceOn(code: string, summary: string): Advice {
  const byWords = bySummary.find(([ofCode, words]) => ofCode === code && words.test(summary));
  return byWords?.[2] ?? byCode[code] ?? { expected: 'a condition in CEL', remedy: 'see docs/policy.md' };
}

function signAt(text: string, offset: number): (Advice & { readonly found: string }) | undefined {
  const [before, rest] = [text.slice(0, offset), text.slice(offset)];
  const sign = signs.find((one) => one[0].test(before) && one[1].test(rest))?.[2];
  const [written = ''] = /^(?:\w+|.)/u.exec(rest) ?? [];
  return sign === undefined
    ? undefined
    : { found: `${quote(written)} here`, expected: 'an operator of CEL', remedy: `write ${sign}` };
}

const oneType = 'both sides of one type';
const compare = 'compare it with something, as in environment == "production"';
const convert = 'write a text in quotes and a number without, or convert one side by string(…), int(…)';

/** Code and words of the library, the first that fits. */
const bySummary: readonly (readonly [string, RegExp, Advice])[] = [
  ['no_such_overload', /: \S+ in string$/u, { expected: 'a list after "in"', remedy: 'write text.contains("x")' }],
  ['no_such_overload', /: \S+ in /u, { expected: 'a list after "in" that holds such values', remedy: convert }],
  ['no_such_overload', /: !/u, { expected: 'true or false after "!"', remedy: compare }],
  ['no_such_overload', /: -/u, { expected: 'a number after "-"', remedy: 'write a number' }],
  ['no_such_overload', /list<.* == string|string == list</u, { expected: oneType, remedy: 'write "x" in list' }],
  ['no_such_overload', /list<.* != string|string != list</u, { expected: oneType, remedy: 'write !("x" in list)' }],
  [
    'no_matching_overload',
    /'list.*\.contains\(/u,
    { expected: 'a text before ".contains"', remedy: 'write "x" in list' },
  ],
  ['invalid_macro_argument', /^has\(/u, { expected: 'one field in has()', remedy: 'write has(args.name)' }],
  ['unexpected_token', /EOF$/u, { expected: 'something after the last sign', remedy: 'finish it or delete the sign' }],
  ['expected_token', /RPAREN/u, { expected: '")"', remedy: 'close what "(" opens' }],
  ['expected_token', /RBRACKET/u, { expected: '"]"', remedy: 'close what "[" opens' }],
  ['expected_token', /RBRACE/u, { expected: '"}"', remedy: 'close what "{" opens' }],
  ['expected_token', /COLON/u, { expected: '":"', remedy: 'write condition ? one : other' }],
];

const byCode: Readonly<Record<string, Advice>> = {
  no_such_overload: { expected: oneType, remedy: convert },
  no_matching_overload: {
    expected: 'arguments of the types that the function takes',
    remedy: 'convert the value by string(…) or int(…), or use another function',
  },
  invalid_logical_operand: { expected: 'true or false on both sides of && and ||', remedy: compare },
  invalid_condition_type: { expected: 'true or false before "?"', remedy: compare },
  incompatible_ternary_branches: { expected: 'one type on both sides of ":"', remedy: convert },
  heterogeneous_list_element: {
    expected: 'a list of values of one type',
    remedy: 'write all in quotes, or all without',
  },
  invalid_macro_argument: {
    expected: 'the name of a variable, then a condition about it',
    remedy: 'write it as findings.exists(f, f.severity == "high")',
  },
  unterminated_string: { expected: 'a quote at the end of the text', remedy: 'close it with the quote that opens it' },
  invalid_escape_sequence: { expected: 'an escape that CEL has', remedy: 'double the backslash, or write r"…"' },
  unexpected_character: { expected: 'an operator, or the end', remedy: 'join two conditions by && or ||' },
};

/** What stands before and from the unexpected character on, and the sign of CEL for it. */
const signs: readonly (readonly [before: RegExp, after: RegExp, sign: string])[] = [
  [/=$/u, /^=/u, '== for equal'],
  [/!=$/u, /^=/u, '!= for unequal'],
  [/\bnot\s+$/u, /^/u, '! for not'],
  [/^/u, /^=/u, '== for equal, or re2(text, "pattern") for a match'],
  [/^/u, /^(?:and\b|&)/u, '&& for and'],
  [/^/u, /^(?:or\b|\|)/u, '|| for or'],
  [/^/u, /^<>/u, '!= for unequal'],
];
