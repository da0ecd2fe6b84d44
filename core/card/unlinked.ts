/**
 * Addresses that no terminal, mail reader or chat turns into a link: the sign that makes them one is shown as an escape.
 * For text that somebody else wrote, after `makeVisible`; it can still be read and typed, only not clicked by mistake.
 */

/** `scheme://`, `www.` and `mailto:` are what programs look for; no address goes on with a blank. */
const link =
  /(?<=[A-Za-z][A-Za-z0-9+.-]{0,30}:)\/(?=\/)|(?<=www)\.|(?<=mailto|tel|sms|data|javascript|slack):(?=\S)/giu;

export function unlinked(text: string): string {
  return text.replace(link, (sign) => `\\u{${sign.codePointAt(0)?.toString(16).toUpperCase() ?? ''}}`);
}
