/** Seeded choices: the same seed gives the same sequence on every machine. For campaigns only, never for secrets. */

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  integer(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
  /** A source of its own for a named part, which draws nothing from this one: parts side by side do not disturb each other. */
  fork(name: string): Random;
}

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for choosing cases. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const random: Random = {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
    },
    integer: (from, to) => from + Math.floor(random.next() * (to - from + 1)),
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('nothing to pick from');
      return items[random.integer(0, items.length - 1)] as T;
    },
    shuffle(items) {
      const keyed = items.map((item) => ({ item, key: random.next() }));
      return keyed.toSorted((one, other) => one.key - other.key).map(({ item }) => item);
    },
    fork: (name) => createRandom(hash(seed, name)),
  };
  return random;
}

/** FNV-1a over the seed and the name. */
function hash(seed: number, name: string): number {
  let value = 0x811c9dc5 ^ seed;
  for (const character of name) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}
