/**
 * Where the code of a guard failed, for whoever mends it: the kind of the error and its place. Never its message, which may hold
 * what was checked, nor anything else that is as long as a secret.
 */
const kind = /^[A-Z][A-Za-z]{0,39}$/u;
const frame = /^\s+at (?:.*\()?(?:.*[\\/])?([A-Za-z][\w.-]{0,59}\.[cm]?[jt]s):(\d{1,6}):(\d{1,6})\)?$/u;

/** Of the language's own functions come before those of a file. */
const mostFrames = 20;

/** `TypeError at tools.ts:12:5`; as much of it as there is, else nothing. */
export function faultPlace(error: unknown): string {
  try {
    return error instanceof Error ? placeOf(error) : '';
  } catch {
    // An error whose own parts throw.
    return '';
  }
}

function placeOf({ name, message, stack = '' }: Error): string {
  // Lines of the message look like frames where somebody wants them to.
  const head = [`${name}: ${message}`, name].find((text) => stack.startsWith(`${text}\n`));
  const frames = head === undefined ? [] : stack.slice(head.length + 1).split('\n', mostFrames);
  const [, file, line, column] = frames.map((one) => frame.exec(one)).find((found) => found !== null) ?? [];
  const place = file === undefined ? '' : `at ${file}:${line}:${column}`;
  return [kind.test(name) ? name : '', place].filter((part) => part !== '').join(' ');
}
