/** Whether two values are the same once they were written as JSON; never throws for what is none. */
import { canonicalJson } from '../core/canonical-json.ts';

/** Values cross the sink as JSON, as they cross the payload converter: absent and undefined fields are the same. */
export function sameJson(one: unknown, other: unknown): boolean {
  try {
    return canonicalJson(throughJson(one)) === canonicalJson(throughJson(other));
  } catch {
    return false;
  }
}

function throughJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}
