/**
 * An error's text for a record or for the model: no stack, no absolute path, no secret, one line, bounded. Causes are left
 * out. It never throws, whatever was thrown.
 */
import { makeVisible } from '../../core/make-visible.ts';
import { redactSecretsNow } from '../secrets/redact-secrets.ts';

const maximumLength = 500;
/** Looked at before anything is searched: an error may carry a whole response. */
const maximumRead = 20_000;

const stackLine = /\n\s{0,20}at\s[^\n]*/g;
const fileUrl = /file:\/\/[^\s"'`<>)]*/gi;
const quotedPath = /(["'`])(?:\/|~\/|[A-Za-z]:[\\/])[^"'`\n]{1,1000}\1/g;
// Behind a colon, too (`file:/etc/x`, `C:/x/y`): the slashes of `https://` are no beginning, since no name stands between them.
const unixPath = /(?<![\p{L}\p{N}_./~-])~?(?:\/[\p{L}\p{M}\p{N}_.@+%=,-]+){2,}\/?/gu;
const homePath = /(?<![\p{L}\p{N}_./~-])\/(?:home|root|tmp|var|etc|usr|opt|mnt|srv|proc|sys|run|private|Users)\b\/?/gu;
const windowsPath = /(?<![A-Za-z])(?:[A-Za-z]:\\|\\\\)[^\s"'`<>|]+/g;

export function sanitiseError(error: unknown): string {
  // Secrets first: what follows may cut one in half and hide it from its rule.
  const clean = redactSecretsNow(textOfError(error))
    .text.replaceAll(stackLine, '')
    .replaceAll(fileUrl, '<path>')
    .replaceAll(quotedPath, '<path>')
    .replaceAll(unixPath, '<path>')
    .replaceAll(homePath, '<path>')
    .replaceAll(windowsPath, '<path>')
    .trim();
  const visible = makeVisible(clean);
  if (visible === '') return 'unknown fault';
  return visible.length > maximumLength
    ? `${visible.slice(0, maximumLength - 1).replace(/[\ud800-\udbff]$/, '')}…`
    : visible;
}

/** What is looked at of an error, as it was thrown: with everything that `sanitiseError` takes out. */
export function textOfError(error: unknown): string {
  return textOf(error).slice(0, maximumRead).toWellFormed();
}

function textOf(error: unknown): string {
  try {
    if (typeof error === 'string') return error;
    if (error instanceof Error && typeof error.message === 'string') return error.message || error.name;
    return 'unknown fault';
  } catch {
    return 'unknown fault';
  }
}
