/**
 * Whether a key stands twice in one object of a JSON text. `JSON.parse` keeps the last one in silence, another reader the first:
 * what was checked would not be what is used. One pass over the text, one over the value, of any depth.
 */

/** @param text valid JSON @param value what `JSON.parse` makes of it */
export function hasRepeatedKey(text: string, value: unknown): boolean {
  // In valid JSON a colon outside a string stands behind a key, and nowhere else.
  return membersIn(text) !== keysIn(value);
}

function membersIn(text: string): number {
  let members = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (inString && sign === '\\') at += 1;
    else if (sign === '"') inString = !inString;
    else if (!inString && sign === ':') members += 1;
  }
  return members;
}

function keysIn(value: unknown): number {
  let keys = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== 'object' || one === null) continue;
    const inner: unknown[] = Array.isArray(one) ? one : Object.values(one);
    if (!Array.isArray(one)) keys += inner.length;
    for (const each of inner) open.push(each);
  }
  return keys;
}
