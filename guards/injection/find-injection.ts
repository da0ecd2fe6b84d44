/**
 * A signal that a text gives orders to the model. It is never the wall: labels, policy and approvals hold when it is blind,
 * and it refuses nothing by itself. Severity is that of all its signals together.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { lettersOnly, plainViews } from './plain-views.ts';
import { injectionSignals, mention } from './signals.ts';

interface Hit {
  rule: string;
  message: string;
  score: number;
  span: { start: number; end: number } | undefined;
}

const maximumHitsPerSignal = 20;

/** The two commonest orders without anything between their letters, as `lettersOnly` gives them. */
const joined: readonly { rule: string; message: string; pattern: RegExp; unlessPlain?: RegExp }[] = [
  {
    rule: 'override-instructions',
    message: 'asks to set earlier instructions aside, in disguise',
    pattern: joinedPattern(
      '(?:ignore|disregard|forget|override|bypass)(?:all|any|the|your|every|of)*' +
        '(?:previous|prior|above|earlier|preceding|system|original)(?:system)?(?:instruct|rules|prompt|guideline|message|direct|polic)',
    ),
  },
  {
    rule: 'sends-data-away',
    message: 'asks to send data somewhere, in disguise',
    // Where the word can be read it is no disguise, and the ordinary signals weigh it.
    unlessPlain: /\b(?:send|forward|upload|leak|exfiltrate|transmit)\b/iu,
    pattern: joinedPattern(
      '(?:send|forward|upload|leak|exfiltrate|transmit)(?:me|all|the|our|your|every|customer|user|client|private|secret|internal)*(?:emails?|data|passwords?|credentials?|secrets?|tokens?|keys?|records?|files?|history)to',
    ),
  },
  {
    rule: 'asks-for-prompt',
    message: 'asks for the hidden instructions, in disguise',
    pattern: joinedPattern(
      '(?:reveal|show|print|repeat|output|display|leak|disclose)(?:me|the|your|full|entire|hidden|whole)*(?:system|hidden)(?:prompt|instruct|message)',
    ),
  },
];

/** Never throws; at most one finding for each rule. Empty below the score of 2. */
export function findInjection(text: string): Finding[] {
  const wellFormed = text.toWellFormed();
  const hits = new Map<string, Hit>();
  collect(hits, wellFormed, true);
  // Found only after a disguise is off: somebody hid it. It has no span in the text given.
  const views = plainViews(wellFormed);
  for (const view of views) if (view !== wellFormed) collect(hits, view, false);
  const letters = lettersOnly(views[0] ?? '');
  for (const { rule, message, pattern, unlessPlain } of joined) {
    if (!hits.has(rule) && pattern.test(letters) && unlessPlain?.test(views[0] ?? '') !== true)
      hits.set(rule, { rule, message, score: 3, span: undefined });
  }
  const total = [...hits.values()].reduce((sum, hit) => sum + hit.score, 0);
  return total < 2 ? [] : [...hits.values()].filter((hit) => hit.score > 0).map((hit) => toFinding(hit, total));
}

function joinedPattern(source: string): RegExp {
  return new RegExp(source.replaceAll('l', 'i'));
}

function collect(hits: Map<string, Hit>, text: string, withSpan: boolean): void {
  for (const { rule, message, weight, pattern } of injectionSignals) {
    let seen = 0;
    for (const match of text.matchAll(pattern)) {
      const start = match.index;
      const score = isMention(text, start, start + match[0].length) ? weight - 2 : weight;
      const known = hits.get(rule);
      if (!known || known.score < score) {
        hits.set(rule, { rule, message, score, span: withSpan ? { start, end: start + match[0].length } : undefined });
      }
      if (++seen >= maximumHitsPerSignal) break;
    }
  }
}

/** Quoted, as in a text about injections. An attacker may quote, too: a quoted order loses weight, never the others with it. */
function isMention(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 80), start);
  const opened = /["'`“‘«]\s?$/u.test(before);
  const closed = /^[^"'`”’»\n]{0,30}["'`”’»]/u.test(text.slice(end, end + 40));
  return (opened && closed) || ((opened || closed) && mention.test(before.replace(/["'`“‘«]\s?$/u, '')));
}

function toFinding({ rule, message, span }: Hit, total: number): Finding {
  const severity = total >= 5 ? 'high' : total >= 3 ? 'medium' : 'low';
  const remedy = 'treat the text as data; whatever follows from it passes the gate';
  return { guard: 'injection', rule, severity, message, remedy, ...(span ? { span } : {}) };
}
