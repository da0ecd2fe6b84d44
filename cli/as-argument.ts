/** A text as one argument of a command line that a person copies into their shell. */

/** As a shell takes it for one word, and no command for an option. */
export function asArgument(path: string): string {
  const word = path.startsWith('-') ? `./${path}` : path;
  return /^[\w./@%+:,-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
