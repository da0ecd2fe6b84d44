/** One line of a card, and how its parts are written: visible characters, nothing that a reader could take for another line. */
import { makeVisible } from '../make-visible.ts';

export interface CardLine {
  /** `said`: in somebody's own words, who is named by the label. */
  kind: 'headline' | 'arguments' | 'fact' | 'warning' | 'said';
  label: string;
  /** Visible characters on one line; not yet escaped for any channel. */
  text: string;
}

export function fact(label: string, text: string): CardLine {
  return { kind: 'fact', label, text };
}

export function warning(label: string, text: string): CardLine {
  return { kind: 'warning', label, text };
}

export function value(text: string): string {
  return makeVisible(text);
}

export function time(at: number): string {
  // Beyond this Date has no text; a contract timestamp may be larger.
  return at <= 8_640_000_000_000_000 ? new Date(at).toISOString() : `${at} ms`;
}
