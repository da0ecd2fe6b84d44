/** What a command of a shell line does, as the shell guard tells it and conditions of policies compare it. */

/**
 * From harmless to harmful. `read` changes nothing and reaches nobody; `opaque` is what cannot be seen through: unknown
 * programs, text that becomes code, what is not static or not parsed.
 */
export const shellClasses = ['read', 'write', 'network', 'opaque', 'privilege', 'destructive'] as const;
export type ShellClass = (typeof shellClasses)[number];
