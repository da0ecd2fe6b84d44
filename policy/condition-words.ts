/**
 * Finds the texts that a condition compares (`==`, `!=`, `in`, also inside loops) with a value that can never hold them:
 * `tool.risk == "hihg"`. A rule that denies by such a comparison would never fire. It reads the parsed condition; where a
 * value may hold anything else as well, it says nothing.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { ClosedWords } from './closed-words.ts';
import { type ConditionComplaint, isNode } from './condition-check.ts';
import { loopMethods } from './condition-language.ts';
import { quote } from './problems.ts';
import { suggest } from '../core/suggest.ts';

type Closed = ReadonlyMap<string, ClosedWords>;
/** What a text that an expression gives, or that the list which it gives holds, can be. */
interface Texts {
  /** The variable or field that it is. */
  readonly place?: string;
  /** Written in the condition itself, by where they start. */
  readonly literals: ReadonlyMap<number, string>;
  readonly closed?: ClosedWords;
  /** Whether it can be anything else besides. */
  readonly open: boolean;
}
type Scope = ReadonlyMap<string, Texts>;

const comparisons: ReadonlySet<string> = new Set(['==', '!=', 'in']);
const nothing: ReadonlyMap<number, string> = new Map();
const anything: Texts = { literals: nothing, open: true };

/** @param closed by place, from `closedWords` */
export function wordComplaints(ast: ASTNode, closed: Closed): ConditionComplaint[] {
  const found = new Map<number, ConditionComplaint>();
  visit(ast, new Map(), (left, right, scope) => {
    const [a, b] = [textsOf(left, scope, closed), textsOf(right, scope, closed)];
    for (const complaint of [...outside(a, b), ...outside(b, a)]) found.set(complaint.offset, complaint);
  });
  return [...found.values()];

  function visit(value: unknown, scope: Scope, see: (left: ASTNode, right: ASTNode, scope: Scope) => void): void {
    if (Array.isArray(value)) for (const item of value) visit(item, scope, see);
    if (!isNode(value)) return;
    const operands: unknown = value.args;
    if (comparisons.has(value.op) && Array.isArray(operands) && isNode(operands[0]) && isNode(operands[1])) {
      see(operands[0], operands[1], scope);
    }
    if (value.op === 'rcall' && loopMethods.has(value.args[0])) {
      visit(value.args[1], scope, see);
      visit(value.args[2].slice(1), scopeOfLoop(value.args[1], value.args[2], scope, closed), see);
    } else visit(value.args, scope, see);
  }
}

/** The literals of one side that the other side never holds. */
function outside(one: Texts, other: Texts): ConditionComplaint[] {
  const { closed } = other;
  if (other.open || !closed) return [];
  const possible = new Set([...closed.words, ...other.literals.values()]);
  return [...one.literals]
    .filter(([, word]) => !possible.has(word))
    .map(([offset, word]) => complaintAbout(offset, word, closed));
}

function complaintAbout(offset: number, word: string, { words, declared }: ClosedWords): ConditionComplaint {
  const start = { offset, found: `the ${declared?.noun ?? 'text'} ${quote(word)}` };
  if (!declared) {
    return { ...start, expected: `one of ${words.join(', ')}`, remedy: suggest(word, words, 'use one of these') };
  }
  const add = `add "${declared.example(word)}" under "${declared.under}"`;
  return {
    ...start,
    expected: `a ${declared.noun} declared under "${declared.under}"`,
    remedy: suggest(word, words, add),
  };
}

function textsOf(node: ASTNode, scope: Scope, closed: Closed): Texts {
  switch (node.op) {
    case 'value':
      return typeof node.args === 'string' ? { literals: new Map([[node.start, node.args]]), open: false } : anything;
    case 'list':
      return node.args.map((item) => textsOf(item, scope, closed)).reduce(either, { literals: nothing, open: false });
    case 'id':
      return scope.get(node.args) ?? at(node.args, closed);
    case '.':
      return field(textsOf(node.args[0], scope, closed), node.args[1], closed);
    case '[]': {
      const [holder, key] = [textsOf(node.args[0], scope, closed), node.args[1]];
      if (key.op === 'value' && typeof key.args === 'string') return field(holder, key.args, closed);
      return holder.place === 'labels.args' ? field(holder, '*', closed) : holder;
    }
    case '?:':
      return either(textsOf(node.args[1], scope, closed), textsOf(node.args[2], scope, closed));
    case 'call':
      return at(`${node.args[0]}()`, closed);
    case 'rcall': {
      const [method, list, args] = node.args;
      if (method === 'filter') return textsOf(list, scope, closed);
      const [body] = args.slice(-1);
      if (method !== 'map' || !body) return anything;
      return textsOf(body, scopeOfLoop(list, args, scope, closed), closed);
    }
    default:
      return anything;
  }
}

/** With the variable of a loop, which is each element of its list and may have the name of another variable. */
function scopeOfLoop(list: ASTNode, args: readonly ASTNode[], scope: Scope, closed: Closed): Scope {
  const [variable] = args;
  if (variable?.op !== 'id') return scope;
  const elements = textsOf(list, scope, closed);
  // A loop over a map runs over its keys.
  return new Map(scope).set(variable.args, elements.place === 'labels.args' ? anything : elements);
}

function field({ place }: Texts, name: string, closed: Closed): Texts {
  return place === undefined ? anything : at(`${place}.${place === 'labels.args' ? '*' : name}`, closed);
}

function at(place: string, closed: Closed): Texts {
  const words = closed.get(place);
  return words ? { place, literals: nothing, closed: words, open: false } : { ...anything, place };
}

function either(one: Texts, other: Texts): Texts {
  const [first, second] = [one.closed, other.closed];
  const both = first && second && first !== second ? { words: [...first.words, ...second.words] } : undefined;
  const closed = both ?? first ?? second;
  return {
    literals: new Map([...one.literals, ...other.literals]),
    ...(closed && { closed }),
    open: one.open || other.open,
  };
}
