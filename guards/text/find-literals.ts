/**
 * Finds many fixed texts in one pass: what an expression starts with is looked for here, and only where it stands is the
 * expression tried. Costs one look-up for each character, whatever the text is.
 */

/** What to look for and what it stands for. Two characters at least, of ASCII. */
export type Literals<Value> = ReadonlyMap<string, readonly Value[]>;

/** Calls back for every place, in order; places may overlap. */
export type LiteralFinder<Value> = (text: string, visit: (at: number, values: readonly Value[]) => void) => void;

const letters = 0x20;
const none: never[] = [];

export function createLiteralFinder<Value>(
  literals: Literals<Value>,
  { ignoreCase = false }: { ignoreCase?: boolean } = {},
): LiteralFinder<Value> {
  /** For each pair of characters the third ones that may follow, by their last five bits; 0 where nothing begins so. */
  const thirds = new Int32Array(128 * 128);
  const byPair: { codes: Uint8Array; values: readonly Value[] }[][] = Array.from({ length: 128 * 128 }, () => none);
  for (const [literal, values] of literals) {
    const codes = Uint8Array.from(literal, (sign) => (ignoreCase ? fold(sign.charCodeAt(0)) : sign.charCodeAt(0)));
    const [first = 0, second = 0, third] = codes;
    const mask = third === undefined ? -1 : 1 << (third & 31);
    for (const one of spellings(first, ignoreCase)) {
      for (const other of spellings(second, ignoreCase)) {
        const pair = (one << 7) | other;
        thirds[pair] = (thirds[pair] ?? 0) | mask;
        byPair[pair] = [...(byPair[pair] ?? none), { codes, values }];
      }
    }
  }

  return (text, visit) => {
    let before = text.charCodeAt(0);
    let now = text.charCodeAt(1);
    for (let at = 2; at <= text.length; at += 1) {
      const next = at < text.length ? text.charCodeAt(at) : 0;
      if ((before | now) < 128 && ((thirds[(before << 7) | now] ?? 0) & (1 << (next & 31))) !== 0) {
        for (const { codes, values } of byPair[(before << 7) | now] ?? none) {
          if (standsAt(text, at - 2, codes, ignoreCase)) visit(at - 2, values);
        }
      }
      before = now;
      now = next;
    }
  };
}

/** A table from what each value starts with. */
export function literalsOf<Value>(values: readonly Value[], startsOf: (value: Value) => readonly string[]) {
  const table = new Map<string, Value[]>();
  for (const value of values) {
    for (const start of startsOf(value)) table.set(start, [...(table.get(start) ?? []), value]);
  }
  return table;
}

function standsAt(text: string, at: number, codes: Uint8Array, ignoreCase: boolean): boolean {
  for (let index = 2; index < codes.length; index += 1) {
    const code = text.charCodeAt(at + index);
    if ((ignoreCase ? fold(code) : code) !== codes[index]) return false;
  }
  return true;
}

function fold(code: number): number {
  return code >= 65 && code <= 90 ? code | letters : code;
}

function spellings(code: number, ignoreCase: boolean): number[] {
  return ignoreCase && code >= 97 && code <= 122 ? [code, code & ~letters] : [code];
}
