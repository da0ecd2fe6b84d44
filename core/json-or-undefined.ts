/** For text that may be no JSON at all and comes from where nothing is believed anyway: a caller checks its shape. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
