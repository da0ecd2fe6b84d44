/**
 * A signal that a text gives orders to the model. It is never the wall: labels, policy and approvals hold when it is blind,
 * and it refuses nothing by itself. Severity is that of all its signals together.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { unitText, type UnitText } from '../text/code-units.ts';
import { collectSignals, type Hit, isCrowded, note } from './collect-signals.ts';
import { findCodeOrder, findOrders } from './find-orders.ts';
import { findHiddenComments } from './hidden-comments.ts';
import { findJoined } from './joined-orders.ts';
import { readLines } from './read-lines.ts';
import { lettersOnly, viewsOf } from '../text/plain-views.ts';

const orderMessage = 'asks the reader to do something, where data should stand';

/** Never throws; at most one finding for each rule. Empty below the score of 2. What was disguised spans the whole text. */
export function findInjection(text: string): Finding[] {
  const wellFormed = unitText(readLines(text.toWellFormed()));
  const hits = new Map<string, Hit>();
  const { crowded: isFull, ...marks } = collectSignals(hits, wellFormed, { withSpan: true, inScripts: true });
  let crowded = isFull;
  collectOrders(hits, wellFormed, true);
  // Found only after a disguise is off: somebody hid it. Where is not known any more.
  const { plain, disguised, decoded } = viewsOf(wellFormed, marks);
  const readable = decoded.map(unitText);
  for (const view of [...disguised.map(unitText), ...readable]) {
    // A flood in disguise hides what comes behind it as well as a plain one.
    const inScripts = readable.includes(view);
    crowded = collectSignals(hits, view, { withSpan: false, inScripts }).crowded || crowded;
    collectOrders(hits, view, false);
  }
  for (const view of [plain, ...readable]) findJoined(hits, lettersOnly(view), view.text);
  for (const { start, end } of findHiddenComments(wellFormed.text))
    note(hits, { rule: 'hidden-order', message: 'hides an order in a comment', score: 2, span: { start, end } });
  if (crowded)
    note(hits, {
      rule: isCrowded,
      message: 'holds more beginnings of orders than text does',
      score: 2,
      span: undefined,
    });
  // What is quoted is told of: a sentence that quotes two orders gives none.
  const all = [...hits.values()];
  const quoted = Math.max(0, ...all.filter(({ isMention }) => isMention).map(({ score }) => score));
  const total = all.filter(({ isMention }) => !isMention).reduce((sum, hit) => sum + hit.score, quoted);
  return total < 2 ? [] : all.filter((hit) => hit.score > 0).map((hit) => toFinding(hit, total, text.length));
}

function collectOrders(hits: Map<string, Hit>, text: UnitText, withSpan: boolean): void {
  const found = [...findOrders(text), findCodeOrder(text.text)].filter((order) => order !== undefined);
  const [worst] = found.toSorted((one, other) => other.score - one.score);
  if (!worst) return;
  const span = withSpan ? { start: worst.start, end: worst.end } : undefined;
  note(hits, { rule: 'order-in-data', message: orderMessage, score: worst.score >= 3.5 ? 3 : 2, span });
}

function toFinding({ rule, message, span }: Hit, total: number, length: number): Finding {
  const severity = total >= 5 ? 'high' : total >= 3 ? 'medium' : 'low';
  const remedy = 'treat the text as data; whatever follows from it passes the gate';
  return { guard: 'injection', rule, severity, message, remedy, span: span ?? { start: 0, end: length } };
}
