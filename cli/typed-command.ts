/** A command as the person would type it next: with the state folder and the gateway that they named on this command line. */
import { asArgument } from './as-argument.ts';

/** Of flags that say where, and not what. */
const places = ['state', 'url'] as const;

/** @param options of this command line, by name. @returns words of a command to the whole of it */
export function typedCommand(options: Readonly<Record<string, unknown>>): (words: string) => string {
  const flags = places.flatMap((name) => {
    const value = options[name];
    return typeof value === 'string' ? [` --${name} ${asArgument(value)}`] : [];
  });
  return (words) => `countersign ${words}${flags.join('')}`;
}
