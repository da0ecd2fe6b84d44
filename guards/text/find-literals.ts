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
  const starts = new Uint8Array(128 * 128);
  const byPair: { codes: Uint8Array; values: readonly Value[] }[][] = Array.from({ length: 128 * 128 }, () => none);
  for (const [literal, values] of literals) {
    const codes = Uint8Array.from(literal, (sign) => (ignoreCase ? fold(sign.charCodeAt(0)) : sign.charCodeAt(0)));
    const [first = 0, second = 0] = codes;
    for (const one of spellings(first, ignoreCase)) {
      for (const other of spellings(second, ignoreCase)) {
        const pair = (one << 7) | other;
        starts[pair] = 1;
        byPair[pair] = [...(byPair[pair] ?? none), { codes, values }];
      }
    }
  }

  return (text, visit) => {
    let before = text.charCodeAt(0);
    for (let at = 1; at < text.length; at += 1) {
      const now = text.charCodeAt(at);
      if ((before | now) < 128 && starts[(before << 7) | now] === 1) {
        for (const { codes, values } of byPair[(before << 7) | now] ?? none) {
          if (standsAt(text, at - 1, codes, ignoreCase)) visit(at - 1, values);
        }
      }
      before = now;
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
