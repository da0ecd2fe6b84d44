/**
 * Finds many fixed texts in one pass: what an expression starts with is looked for here, and only where it stands is the
 * expression tried. Costs one look-up for each character, whatever the text is.
 */
import type { UnitText } from './code-units.ts';

/** What to look for and what it stands for. Two characters at least, of ASCII. */
export type Literals<Value> = ReadonlyMap<string, readonly Value[]>;

/** Calls back for every place, in order, until it says `stop`; places may overlap. */
export type LiteralFinder<Value> = (text: Pick<UnitText, 'units'>, visit: Visit<Value>) => void;
type Visit<Value> = (at: number, values: readonly Value[]) => unknown;

/** Literals that are looked for in the same way. One pass may look for those of several tables. */
export interface LiteralTable<Value> {
  literals: Literals<Value>;
  /** @default false */
  ignoreCase?: boolean;
}

interface Literal<Value> {
  codes: Uint8Array;
  ignoreCase: boolean;
  /** The code behind the first three, which the key does not tell; 0 of a literal that has none. */
  fourth: number;
  values: readonly Value[];
}

const letters = 0x20;
/** Units that are looked through before what was found in them is tried. */
const chunk = 8192;
/** The last five bits of three units, which are the same for small and capital letters. */
const keys = 1 << 15;
const none: never[] = [];
/** Where places are noted, of whoever looks; read only as far as they were written. Who looks while another does makes its own. */
let spare: Int32Array | undefined;

export function createLiteralFinder<Value>(tables: readonly LiteralTable<Value>[]): LiteralFinder<Value> {
  // By the first two units, a bit for each third one: a byte for each key would be all of the processor's nearest memory.
  const begins = new Int32Array(keys >> 5);
  // Which list is a key's. The lists by key themselves would be a sparse array, and a look into one is a look into a hash table.
  const listOf = new Uint16Array(keys);
  const lists: Literal<Value>[][] = [[]];
  for (const { literals, ignoreCase = false } of tables) {
    for (const [literal, values] of literals) {
      const codes = Uint8Array.from(literal, (sign) => (ignoreCase ? fold(sign.charCodeAt(0)) : sign.charCodeAt(0)));
      for (const key of keysOf(codes)) {
        if (!mayBegin(begins, key)) listOf[key] = lists.push([]) - 1;
        begins[key >> 5] = (begins[key >> 5] ?? 0) | (1 << (key & 31));
        const list = listOf[key] ?? 0;
        lists[list]?.push({ codes, ignoreCase, fourth: codes[3] ?? 0, values });
      }
    }
  }
  const { groups, groupOf } = byFourth(lists);

  return ({ units }, visit) => {
    const places = spare ?? new Int32Array(chunk);
    spare = undefined;
    try {
      look(units, places, visit);
    } finally {
      spare = places;
    }
  };

  function look(units: Uint16Array, places: Int32Array, visit: Visit<Value>): void {
    for (let from = 0; from < units.length; from += chunk) {
      const count = findBeginnings(units, begins, places, from);
      for (let index = 0; index < count; index += 1) {
        const at = places[index] ?? 0;
        const list = listOf[keyAt(units, at)] ?? 0;
        const fourth = units[at + 3] ?? 0;
        const group = groupOf[(list << 5) | (fourth & 31)] ?? 0;
        if (group === 0) continue;
        const candidates = groups[group] ?? none;
        for (let each = 0; each < candidates.length; each += 1) {
          const literal = candidates[each];
          if (literal === undefined) continue;
          const { codes, ignoreCase } = literal;
          if (literal.fourth !== 0 && literal.fourth !== (ignoreCase ? fold(fourth) : fourth)) continue;
          if (standsAt(units, at, codes, ignoreCase) && visit(at, literal.values) === 'stop') return;
        }
      }
    }
  }
}

/** Of each list what may stand where the fourth unit has given last five bits; group 0 is empty. Most places fall out here. */
function byFourth<Value>(lists: readonly Literal<Value>[][]): { groups: Literal<Value>[][]; groupOf: Uint16Array } {
  const groups: Literal<Value>[][] = [[]];
  const groupOf = new Uint16Array(lists.length << 5);
  for (const [list, literals] of lists.entries()) {
    for (let bits = 0; bits < 32; bits += 1) {
      const group = literals.filter(({ fourth }) => fourth === 0 || (fourth & 31) === bits);
      if (group.length > 0) groupOf[(list << 5) | bits] = groups.push(group) - 1;
    }
  }
  // As many as the table can name. The tables are ours: whoever lets them grow so far hears of it at the start.
  if (groups.length > 0x1_0000) throw new RangeError('Cannot look for so many literals: too many groups of them');
  return { groups, groupOf };
}

/** A table from what each value starts with. */
export function literalsOf<Value>(values: readonly Value[], startsOf: (value: Value) => readonly string[]) {
  const table = new Map<string, Value[]>();
  for (const value of values) {
    for (const start of startsOf(value)) table.set(start, [...(table.get(start) ?? []), value]);
  }
  return table;
}

/**
 * Places from `from` on where one may begin, and how many. Four at a time, of which most hold none; within those that do
 * without a branch for each unit: each place is noted, and kept by moving on behind it.
 */
function findBeginnings(units: Uint16Array, begins: Int32Array, places: Int32Array, from: number): number {
  const end = Math.min(from + chunk, units.length);
  // At the text's end a literal of two characters has none behind it.
  const last = Math.min(end, units.length - 2) - 3;
  let first = (units[from] ?? 0) & 31;
  let second = (units[from + 1] ?? 0) & 31;
  let count = 0;
  let at = from;
  for (; at < last; at += 4) {
    const third = (units[at + 2] ?? 0) & 31;
    const fourth = (units[at + 3] ?? 0) & 31;
    const fifth = (units[at + 4] ?? 0) & 31;
    const sixth = (units[at + 5] ?? 0) & 31;
    const here = ((begins[(first << 5) | second] ?? 0) >> third) & 1;
    const next = ((begins[(second << 5) | third] ?? 0) >> fourth) & 1;
    const afterNext = ((begins[(third << 5) | fourth] ?? 0) >> fifth) & 1;
    const furthest = ((begins[(fourth << 5) | fifth] ?? 0) >> sixth) & 1;
    if ((here | next | afterNext | furthest) !== 0) {
      places[count] = at;
      count += here;
      places[count] = at + 1;
      count += next;
      places[count] = at + 2;
      count += afterNext;
      places[count] = at + 3;
      count += furthest;
    }
    first = fifth;
    second = sixth;
  }
  for (; at < end; at += 1) {
    places[count] = at;
    count += mayBegin(begins, keyAt(units, at)) ? 1 : 0;
  }
  return count;
}

function mayBegin(bits: Int32Array, key: number): boolean {
  return (((bits[key >> 5] ?? 0) >> (key & 31)) & 1) === 1;
}

function keyAt(units: Uint16Array, at: number): number {
  return (((units[at] ?? 0) & 31) << 10) | (((units[at + 1] ?? 0) & 31) << 5) | ((units[at + 2] ?? 0) & 31);
}

function keysOf([first = 0, second = 0, third]: Uint8Array): number[] {
  const pair = ((first & 31) << 10) | ((second & 31) << 5);
  return third === undefined ? Array.from({ length: 32 }, (_, last) => pair | last) : [pair | (third & 31)];
}

function standsAt(units: Uint16Array, at: number, codes: Uint8Array, ignoreCase: boolean): boolean {
  // From the end: the first three are those of the key already, or nearly.
  for (let index = codes.length - 1; index >= 0; index -= 1) {
    const unit = units[at + index] ?? 0;
    if ((ignoreCase ? fold(unit) : unit) !== codes[index]) return false;
  }
  return true;
}

function fold(code: number): number {
  return code >= 65 && code <= 90 ? code | letters : code;
}
