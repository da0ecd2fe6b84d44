/**
 * A reasoning item as it came, to be sent back unread. Without its encrypted content it would be a reference to state at
 * the provider, which we do not let it keep: dropped. A plain-text summary is redacted only if it holds a secret.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Finding } from '../../core/contracts/labels.ts';
import { isRecord } from './adapter.ts';
import { cleanAnswer, type TextGuards } from './clean-text.ts';
import type { LayoutEntry } from './layout.ts';

type LayoutItem = Extract<LayoutEntry, { kind: 'reasoning' }>['item'];

/** Null for what cannot be sent back. Findings about its text are added to `findings`. */
export async function cleanReasoning(
  guards: TextGuards,
  item: unknown,
  findings: Finding[],
): Promise<LayoutItem | null> {
  if (!isRecord(item) || item['type'] !== 'reasoning' || typeof item['encrypted_content'] !== 'string') return null;
  const result: LayoutItem = { ...item, type: 'reasoning' };
  for (const field of ['summary', 'content'] as const) {
    const pieces: unknown = item[field];
    if (Array.isArray(pieces)) result[field] = await Promise.all(pieces.map((piece: unknown) => cleanPiece(piece)));
  }
  try {
    canonicalJson(result);
    return result;
  } catch {
    return null; // It could not be digested, and the workflow would be stuck on it.
  }

  async function cleanPiece(piece: unknown): Promise<unknown> {
    if (!isRecord(piece) || typeof piece['text'] !== 'string') return piece;
    const clean = await cleanAnswer(guards, piece['text']);
    findings.push(...clean.findings);
    return clean.text === piece['text'] ? piece : { ...piece, text: clean.text };
  }
}
