/**
 * What a tool said before anybody was asked: the state of its target, its dry run. Others may have chosen every word, so what
 * we know of the text stands before it, and nothing of ours behind it; it cannot pass for another line.
 */
import type { Card, ToolWords } from '../contracts/approval.ts';
import { withoutHalfPair } from './build-card.ts';
import { type CardLine, fact, time, value, warning } from './card-line.ts';

/** Characters as shown, escapes included. */
const longestShown = 2400;

export function targetLines({ target, targetState }: Card): CardLine[] {
  if (targetState === null && !target) return [fact('target now', 'not read: the tool reads no state of its target')];
  return [
    ...(target ? wordsLines('target now', target) : []),
    ...(targetState === null ? [] : [fact('held to', `${value(targetState)}; in another state nothing starts`)]),
  ];
}

export function dryRunLines({ kind, dryRun }: Card): CardLine[] {
  if (kind === 'reconcile') return [];
  return dryRun ? wordsLines('dry run', dryRun) : [fact('dry run', 'none: the tool has no dry run')];
}

function wordsLines(
  label: string,
  { ended, text, length, digest, body, labels, findings = [], at }: ToolWords,
): CardLine[] {
  const visible = value(text);
  const isCut = text.length < length || visible.length > longestShown;
  const how = [
    labels.length === 0 ? 'in the words of the tool' : `${labels.map(value).join(', ')}, in the words of the tool`,
    time(at),
    ...(isCut ? [`CUT of ${length} characters, ${value(digest)}${body === undefined ? '' : '; open the whole'}`] : []),
  ];
  const words = `${how.join('; ')}: ${withoutHalfPair(visible.slice(0, longestShown))}`;
  return [
    ended ? { kind: 'said', label, text: words } : warning(label, `FAILED, ${words}`),
    ...findings.map((one) =>
      warning(
        'finding',
        `in what it says (${label}): ${value(one.severity)} ${value(one.rule)}: ${value(one.message)}`,
      ),
    ),
  ];
}
