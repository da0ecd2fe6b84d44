/**
 * What a run has read, as digests: which of its texts a value occurs in can be asked, the texts cannot be got back. Bounded
 * whatever is added, each text at the cost of its length; of a run that reads more, the oldest is forgotten first. It is a hint:
 * who floods it makes it forget.
 */
import { foldedUnits, isDistinctive, readingsOf, wordsOf } from './folded-text.ts';

/** Letters and digits that are digested together. */
const gram = 8;
/** Of so many in a row at least one is kept, so `gram + window - 1` letters that stand in both are always seen. */
const window = 4;
/** A part of a value counts from so many letters on: ordinary phrases are shorter, or rarely the same. */
const shortestPart = 20;
const slots = 1 << 20;
const wordSlots = 1 << 17;
const base = 0x01000193;

export interface Occurrence {
  whole: boolean;
  /** As it was given with the text. */
  source: number;
}

export interface TextIndex {
  /** @param source 1 to 65,535: what `find` answers with */
  add(text: string, source: number): void;
  find(value: string): Occurrence | undefined;
  /** What it takes in memory by now, bytes, about; at most 7 MB. */
  bytes(): number;
}

export function createTextIndex(): TextIndex {
  const grams = createTable(slots);
  const words = createTable(wordSlots);

  return {
    add(text, source) {
      for (const reading of readingsOf(text)) {
        for (const [, digest] of selectedGrams(foldedUnits(reading))) grams.put(digest, source);
        for (const word of wordsOf(reading)) words.put(digestWord(word), source);
      }
    },
    find(value) {
      let part: Occurrence | undefined;
      for (const reading of readingsOf(value)) {
        const found = asWord(reading) ?? byGrams(foldedUnits(reading));
        if (found?.whole) return found;
        part ??= found ?? byWords(reading);
      }
      return part;
    },
    bytes: () => grams.bytes() + words.bytes(),
  };

  function asWord(reading: string): Occurrence | undefined {
    const [word, more] = [...wordsOf(reading)];
    // A value of several words is told by its letters.
    if (word === undefined || (more !== undefined && /\s/u.test(reading.trim()))) return undefined;
    const source = words.get(digestWord(word));
    return source === 0 ? undefined : { whole: true, source };
  }

  function byWords(reading: string): Occurrence | undefined {
    for (const word of wordsOf(reading)) {
      const source = isDistinctive(word) ? words.get(digestWord(word)) : 0;
      if (source !== 0) return { whole: false, source };
    }
    return undefined;
  }

  function byGrams(units: Uint16Array): Occurrence | undefined {
    let count = 0;
    let missed = 0;
    let source = 0;
    let runStart = -1;
    let longest = 0;
    for (const [at, digest] of selectedGrams(units)) {
      count += 1;
      const found = grams.get(digest);
      if (found === 0) {
        missed += 1;
        runStart = -1;
        continue;
      }
      if (runStart < 0) runStart = at;
      if (at + gram - runStart > longest) {
        longest = at + gram - runStart;
        source = found;
      }
    }
    if (count === 0 || missed === count) return undefined;
    // What was forgotten of a text leaves gaps: a long value is whole with a few of them.
    if (missed * 10 <= count) return { whole: true, source };
    return longest >= shortestPart ? { whole: false, source } : undefined;
  }
}

/** The smallest digest of every window, each once: the same ones wherever the same letters stand. */
function* selectedGrams(units: Uint16Array): Generator<[at: number, digest: number]> {
  const count = units.length - gram + 1;
  let rolling = 0;
  for (let at = 0; at < Math.min(gram, units.length); at += 1)
    rolling = (Math.imul(rolling, base) + (units[at] ?? 0)) | 0;
  const recent = new Uint32Array(window);
  let last = -1;
  for (let at = 0; at < count; at += 1) {
    if (at > 0)
      rolling =
        (Math.imul((rolling - Math.imul(units[at - 1] ?? 0, highest)) | 0, base) + (units[at + gram - 1] ?? 0)) | 0;
    recent[at % window] = mixed(rolling);
    if (at < window - 1) continue;
    let best = at;
    for (let back = 1; back < window; back += 1)
      if ((recent[(at - back) % window] ?? 0) < (recent[best % window] ?? 0)) best = at - back;
    if (best === last) continue;
    last = best;
    yield [best, recent[best % window] ?? 0];
  }
}

/** `base` to the power of `gram - 1`. */
const highest = Array.from({ length: gram - 1 }).reduce<number>((power) => Math.imul(power, base), 1);

function digestWord(word: string): number {
  let digest = 0x811c9dc5 | 0;
  for (let at = 0; at < word.length; at += 1) digest = Math.imul(digest ^ word.charCodeAt(at), base);
  return mixed(digest);
}

/** Spreads what differs in few bits over all of them. */
function mixed(value: number): number {
  let one = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  one = Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
  return (one ^ (one >>> 16)) >>> 0;
}

interface Table {
  put(digest: number, source: number): void;
  get(digest: number): number;
  bytes(): number;
}

/** Beyond one digest in so many places they go into a table: a list of them would soon take as much. */
const placesToOne = 16;
/** Of a digest in a list, as V8 keeps it. */
const bytesListed = 48;
const bytesPlaced = Uint32Array.BYTES_PER_ELEMENT + Uint16Array.BYTES_PER_ELEMENT;

/** The newest of a digest stays. A list of all while they are few, as of most runs; then one place for each. */
function createTable(size: number): Table {
  const few = new Map<number, number>();
  let places: ReturnType<typeof createPlaces> | undefined;
  return {
    put(digest, source) {
      if (places) return places.put(digest, source);
      // As a small integer, which a list keeps in place.
      few.set(digest | 0, source);
      if (few.size * placesToOne <= size) return;
      places = createPlaces(size);
      for (const [listed, ofListed] of few) places.put(listed >>> 0, ofListed);
      few.clear();
    },
    get: (digest) => (places ? places.get(digest) : (few.get(digest | 0) ?? 0)),
    bytes: () => (places ? size * bytesPlaced : few.size * bytesListed),
  };
}

/** Two digests that share a place: the newer one stays. */
function createPlaces(size: number): Pick<Table, 'put' | 'get'> {
  const digests = new Uint32Array(size);
  const sources = new Uint16Array(size);
  return {
    put(digest, source) {
      const slot = digest & (size - 1);
      digests[slot] = digest;
      sources[slot] = source;
    },
    get(digest) {
      const slot = digest & (size - 1);
      return digests[slot] === digest ? (sources[slot] ?? 0) : 0;
    },
  };
}
