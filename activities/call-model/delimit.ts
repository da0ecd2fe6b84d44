/**
 * Delimited, labelled contexts: what a tool or a stranger wrote is marked as data. The text inside can neither close its
 * own context nor open another one. This is a signal to the model, never the wall: the gate is.
 */
import { withoutTags } from './foreign-tags.ts';

const tags = ['tool-result', 'transcript-summary', 'transcript-message', 'transcript-call'] as const;
export type DelimiterTag = (typeof tags)[number];

const hidden = /[\p{Cc}\p{Bidi_Control}\u{E0000}-\u{E007F}]/gu;
/** Line structure, and the direction marks that right-to-left text needs. */
const harmless = new Set(['\n', '\r', '\t', '\u200E', '\u200F', '\u061C']);

export function delimited(tag: DelimiterTag, attributes: Record<string, string>, text: string): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`);
  return `<${tag}${written.join('')}>\n${withoutTags(text, tags)}\n</${tag}>`;
}

/** Terminal escapes, bidi overrides and invisible tag characters as visible `⟦U+001B⟧`. */
export function showHidden(text: string): string {
  return text.replace(hidden, (character) =>
    harmless.has(character)
      ? character
      : `⟦U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟧`,
  );
}

function escapeAttribute(value: string): string {
  return showHidden(value)
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\r\n\t]/g, ' ');
}
