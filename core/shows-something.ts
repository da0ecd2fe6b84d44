/**
 * Whether a text that somebody had to give says anything that another person can see. Zero-width characters, fillers and blanks
 * alone are a reason that nobody can read, and so none.
 */
import { isInvisible } from './make-visible.ts';

/** At least one character that is drawn and is no blank. */
export function showsSomething(text: string | null | undefined): boolean {
  return [...(text ?? '')].some((character) => !isInvisible(character) && character.trim() !== '');
}
