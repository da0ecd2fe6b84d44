/**
 * What a text is made of: its UTF-16 units as an array, which is read two to three times as fast as the text itself, and
 * whether all of it is ASCII. Neither looks at what the text says.
 */

/** A text with its units, for those who look through the same text one after the other. */
export interface UnitText {
  readonly text: string;
  /** As many as the text's length; indices are offsets in the text. */
  readonly units: Uint16Array;
  readonly isAscii: boolean;
}

const encoder = new TextEncoder();
/** Of a text, a part at a time: the bytes of a long one as a whole would be fresh memory, and slower the longer it is. */
const chunk = 16_384;
const bytes = new Uint8Array(chunk);

export function unitText(text: string): UnitText {
  const units = new Uint16Array(text.length);
  for (let from = 0; from < text.length; from += chunk) {
    const part = text.slice(from, from + chunk);
    const { read, written } = encoder.encodeInto(part, bytes);
    // Every character beyond ASCII takes more bytes than units.
    if (read !== part.length || written !== read) return { text, units: unitsOf(text, units, from), isAscii: false };
    units.set(written === chunk ? bytes : bytes.subarray(0, written), from);
  }
  return { text, units, isAscii: true };
}

function unitsOf(text: string, units: Uint16Array, from: number): Uint16Array {
  for (let at = from; at < units.length; at += 1) units[at] = text.charCodeAt(at);
  return units;
}
