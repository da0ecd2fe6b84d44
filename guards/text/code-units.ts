/**
 * What a text is made of: its UTF-16 units as an array, which is read two to three times as fast as the text itself, and
 * which units beyond ASCII it holds. Nothing here looks at what the text says.
 */

/** A text with its units, for those who look through the same text one after the other. */
export interface UnitText {
  readonly text: string;
  /** As many as the text's length; indices are offsets in the text. */
  readonly units: Uint16Array;
  readonly isAscii: boolean;
  /** Each unit beyond ASCII once, for a quick no of whoever looks for some of them. */
  readonly signs: string;
}

const encoder = new TextEncoder();
/** Of a text, a part at a time: the bytes of a long one as a whole would be fresh memory, and slower the longer it is. */
const chunk = 16_384;
const bytes = new Uint8Array(chunk);

/** Shorter ones are read as fast as they are kept, and would take a long one's place. */
const leastKept = 4096;
/** A guard looks through the text that the one before it has looked through. Kept only until memory is needed. */
let last: WeakRef<UnitText> | undefined;

export function unitText(text: string): UnitText {
  if (text.length < leastKept) return readUnits(text);
  const known = last?.deref();
  if (known?.text === text) return known;
  const read = readUnits(text);
  last = new WeakRef(read);
  return read;
}

function readUnits(text: string): UnitText {
  const units = new Uint16Array(text.length);
  for (let from = 0; from < text.length; from += chunk) {
    const part = text.slice(from, from + chunk);
    const { read, written } = encoder.encodeInto(part, bytes);
    // Every character beyond ASCII takes more bytes than units.
    if (read !== part.length || written !== read)
      return { text, units, isAscii: false, signs: unitsFrom(text, units, from) };
    units.set(written === chunk ? bytes : bytes.subarray(0, written), from);
  }
  return { text, units, isAscii: true, signs: '' };
}

/** By unit: the last reading in which it stood. */
const seenIn = new Uint32Array(1 << 16);
let readings = 0;

/** @returns those beyond ASCII, each once */
function unitsFrom(text: string, units: Uint16Array, from: number): string {
  readings += 1;
  let signs = '';
  for (let at = from; at < units.length; at += 1) {
    const unit = text.charCodeAt(at);
    units[at] = unit;
    if (unit < 128 || seenIn[unit] === readings) continue;
    seenIn[unit] = readings;
    signs += String.fromCharCode(unit);
  }
  return signs;
}
