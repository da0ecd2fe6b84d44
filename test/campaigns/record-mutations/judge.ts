/**
 * Seals changed parts as an insider would (sorted, digest and signature of the file made anew) and looks what an auditor finds
 * who has the deployment’s registry: nothing, or which check or comparison names it.
 */
import { findSecretRules } from '../../../cli/parts/find-secret-rules.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { hasErrorCode } from '../../../core/errors.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { createExportDigest } from '../../../audit/export/export-digest.ts';
import { type ExportRead, readExport } from '../../../audit/export/read-export.ts';
import { replayExport, verifyExport } from '../../../audit/export/replay-export.ts';
import type { ReplayBundle } from '../../../audit/replay-links.ts';
import { chunksOf } from '../../support/exported.ts';
import { audience } from '../../support/test-worker.ts';
import type { MutableRun } from './runs.ts';
import { valueAt } from './sites.ts';

export type Verdict =
  | { kind: 'missed' }
  /** `file`: the reader refuses it. `check`: a check failed or could not be made. `replay`: the code asks for something else. */
  | { kind: 'found'; by: 'file' | 'check' | 'replay'; name: string; words: string };

export async function judge(run: MutableRun, parts: readonly unknown[], bundle: ReplayBundle): Promise<Verdict> {
  let read: ExportRead;
  try {
    read = await readExport(chunksOf(sealed(run, parts), 1 << 20), 'mutated');
  } catch (error) {
    if (!hasErrorCode(error, 'export-invalid')) throw error;
    return { kind: 'found', by: 'file', name: 'export-invalid', words: error.message };
  }
  const options = { read, registry: run.registry, audience, findSecretRules };
  const problem = (await verifyExport(options)).find(({ result }) => result !== 'ok');
  if (problem) return { kind: 'found', by: 'check', name: problem.id, words: problem.reason ?? '' };
  const report = await replayExport({ ...options, bundle, buildId: 'test' });
  const [finding] = report.findings;
  if (finding) return { kind: 'found', by: 'replay', name: finding.what, words: `event ${finding.eventId}` };
  if (report.verdict !== 'verified') throw new Error(`the verdict is "${report.verdict}" and nothing says why`);
  return { kind: 'missed' };
}

export function sealed({ workflowId, insider }: MutableRun, parts: readonly unknown[]): Uint8Array {
  const header = { part: 'header', format: 'countersign-export', version: 1, workflowId };
  const lines = [header, ...inOrder(parts)].map((part) => `${canonicalJson(part)}\n`).join('');
  const digest = createExportDigest();
  digest.update(Buffer.from(lines));
  const body = { version: 1, workflowId, digest: digest.value(), parts: parts.length };
  const signed = sealEnvelope(insider, 'export', audience, body, { issuedAt: Date.now() });
  return Buffer.from(`${lines}${canonicalJson({ part: 'signature', export: signed })}\n`);
}

/** Rows of a kind stand in the order of their digests; a changed one goes to its new place. */
function inOrder(parts: readonly unknown[]): unknown[] {
  const kindOf = (part: unknown): string => String(valueAt(part, ['part']));
  const sorted = new Map<string, unknown[]>();
  for (const kind of ['decision', 'card', 'vote', 'look', 'telling', 'body', 'key']) {
    const own = parts.filter((part) => kindOf(part) === kind);
    sorted.set(
      kind,
      own.toSorted((one, other) => (keyOf(kind, one) < keyOf(kind, other) ? -1 : 1)),
    );
  }
  const taken = new Map<string, number>();
  return parts.map((part) => {
    const kind = kindOf(part);
    const at = taken.get(kind) ?? 0;
    taken.set(kind, at + 1);
    return sorted.get(kind)?.[at] ?? part;
  });
}

function keyOf(kind: string, part: unknown): string {
  const value = valueAt(part, [kind === 'body' ? 'text' : kind]);
  if (kind === 'key') return String(valueAt(value, ['kid']));
  if (kind === 'body' || kind === 'card') return digestText(kind, String(value));
  if (kind === 'look' || kind === 'telling') return digestJson('body', value);
  return digestJson(kind === 'vote' ? 'vote' : 'decision', value);
}
