/**
 * Whether a text that somebody had to give says anything that another person can see. Zero-width characters, fillers and blanks
 * alone are a reason that nobody can read, and so none. Small: every run evaluates it.
 */

/**
 * Cc control, Cf format (bidi, zero width, tags), Cs lone surrogates, Co private, Cn unassigned, Zl and Zp line and paragraph
 * separators, Zs but the ASCII space, and letters or marks that draw nothing.
 */
export const invisible =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}|[\u2800\u{1D159}]/gu;

/** At least one character that is drawn and is no blank. */
export function showsSomething(text: string | null | undefined): boolean {
  return (text ?? '').replaceAll(invisible, '').trim() !== '';
}
