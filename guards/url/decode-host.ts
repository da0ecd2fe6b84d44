/**
 * A host name as a reader is shown it: labels in punycode (RFC 3492) with their letters. For judging only: it checks no more than
 * that a label can be decoded, and leaves one that cannot as it is.
 */

const base = 36;
const most = 26;
const longestLabel = 63;

/** @param host as the URL parser gives it, in small letters */
export function decodeHost(host: string): string {
  return host
    .split('.')
    .map((label) =>
      label.startsWith('xn--') && label.length <= longestLabel ? (decode(label.slice(4)) ?? label) : label,
    )
    .join('.');
}

/** Section 6.2. Undefined: no punycode. A label is short, so that inserting in a list costs little. */
function decode(text: string): string | undefined {
  const delimiter = text.lastIndexOf('-');
  const signs = Array.from(delimiter > 0 ? text.slice(0, delimiter) : '', (sign) => sign.charCodeAt(0));
  let code = 128;
  let bias = 72;
  let place = 0;
  for (let at = delimiter > 0 ? delimiter + 1 : 0; at < text.length; ) {
    const before = place;
    let weight = 1;
    for (let step = base; ; step += base) {
      const digit = digitOf(text.charCodeAt(at));
      if (digit === undefined) return undefined;
      at += 1;
      place += digit * weight;
      const threshold = Math.min(Math.max(step - bias, 1), most);
      if (digit < threshold) break;
      weight *= base - threshold;
    }
    const count = signs.length + 1;
    bias = adapt(place - before, count, before === 0);
    code += Math.floor(place / count);
    if (!(code <= 0x10ffff)) return undefined;
    place %= count;
    signs.splice(place, 0, code);
    place += 1;
  }
  return String.fromCodePoint(...signs);
}

function digitOf(code: number): number | undefined {
  if (code >= 48 && code <= 57) return code - 22;
  return code >= 97 && code <= 122 ? code - 97 : undefined;
}

/** Section 6.1. */
function adapt(given: number, count: number, isFirst: boolean): number {
  let delta = Math.floor(given / (isFirst ? 700 : 2));
  delta += Math.floor(delta / count);
  let step = 0;
  for (; delta > 455; step += base) delta = Math.floor(delta / 35);
  return step + Math.floor((36 * delta) / (delta + 38));
}
