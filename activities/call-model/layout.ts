/**
 * The order in which a Responses answer came, kept in `message.opaque`: reasoning items belong before the very item that
 * follows them, and the provider refuses them elsewhere. Items are read back only as reasoning: a forged transcript must
 * not smuggle in a reference to server-side state or a hosted tool's item.
 */
import { z } from 'zod';
import type { AssistantMessage, ModelCall } from '../../core/contracts/message.ts';

export const textSeparator = '\n\n';
const phaseSchema = z.enum(['commentary', 'final_answer']).nullable();
const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reasoning'), item: z.looseObject({ type: z.literal('reasoning') }) }),
  /** Length in UTF-16 units of a piece of `message.text`. */
  z.strictObject({ kind: z.literal('text'), length: z.int().min(0), phase: phaseSchema }),
  z.strictObject({ kind: z.literal('call'), index: z.int().min(0) }),
]);
export type LayoutEntry = z.infer<typeof entrySchema>;

export type OrderedPart =
  | { kind: 'reasoning'; item: Record<string, unknown> }
  | { kind: 'text'; text: string; phase: z.infer<typeof phaseSchema> }
  | { kind: 'call'; call: ModelCall };

/** Empty where the plain order (text, then calls) says as much. */
export function compactLayout(entries: LayoutEntry[]): LayoutEntry[] {
  return entries.some((entry) => entry.kind === 'reasoning' || (entry.kind === 'text' && entry.phase !== null))
    ? entries
    : [];
}

/** Parts in the provider's order; the plain order without reasoning when the layout does not fit the message. */
export function inOrder(message: AssistantMessage): OrderedPart[] {
  const layout = z.array(entrySchema).min(1).safeParse(message.opaque);
  return (layout.success ? laidOut(message, layout.data) : null) ?? plain(message);
}

function plain(message: AssistantMessage): OrderedPart[] {
  const text: OrderedPart[] = message.text === '' ? [] : [{ kind: 'text', text: message.text, phase: null }];
  return [...text, ...message.calls.map((call): OrderedPart => ({ kind: 'call', call }))];
}

function laidOut(message: AssistantMessage, entries: LayoutEntry[]): OrderedPart[] | null {
  const parts: OrderedPart[] = [];
  const seenCalls = new Set<number>();
  const pieces: string[] = [];
  let offset = 0;
  for (const entry of entries) {
    if (entry.kind === 'reasoning') parts.push({ kind: 'reasoning', item: entry.item });
    else if (entry.kind === 'text') {
      const piece = message.text.slice(offset, offset + entry.length);
      offset += entry.length + textSeparator.length;
      pieces.push(piece);
      parts.push({ kind: 'text', text: piece, phase: entry.phase });
    } else {
      const call = message.calls[entry.index];
      if (!call || seenCalls.has(entry.index)) return null;
      seenCalls.add(entry.index);
      parts.push({ kind: 'call', call });
    }
  }
  return seenCalls.size === message.calls.length && pieces.join(textSeparator) === message.text ? parts : null;
}
