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

// oxlint-disable-next-line eslint/no-control-regex -- all of ASCII
const beyondAscii = /[^\u0000-\u007F]/;
const encoder = new TextEncoder();

export function unitText(text: string): UnitText {
  // Mostly the beginning shows it, and the bytes of a long text are for nothing then.
  if (beyondAscii.test(text.slice(0, 4096))) return { text, units: unitsOf(text), isAscii: false };
  const bytes = encoder.encode(text);
  // Every character beyond ASCII takes more bytes than units.
  const isAscii = bytes.length === text.length;
  return { text, units: isAscii ? new Uint16Array(bytes) : unitsOf(text), isAscii };
}

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < units.length; at += 1) units[at] = text.charCodeAt(at);
  return units;
}
