/**
 * Grants as their signed records say, and which of them were revoked. A writer of the database without the control key makes
 * no grant; a row that says one is revoked takes it away whoever wrote it.
 */
import type { Grant } from '../core/contracts/grant.ts';
import { type ControlReader, readControl } from './read-control.ts';

export interface KnownGrant {
  grant: Grant;
  sequence: number;
  revoked: { by: string; reason: string | null } | null;
}

/** Oldest first. Whether they stand, by their votes, is not looked at. */
export async function readGrants(reader: ControlReader): Promise<KnownGrant[]> {
  const records = await readControl(reader, ['grant']);
  if (records.length === 0) return [];
  const rows = await reader.store.listControl(['grant-revocation']);
  const revocations = new Map(
    rows.flatMap(({ body }) => (body.kind === 'grant-revocation' ? [[body.grantId, body] as const] : [])),
  );
  const byId = new Map<string, KnownGrant>();
  for (const { grant, sequence } of records) {
    // The first: whoever adds one of the same id later does not widen what people approved.
    if (byId.has(grant.grantId)) continue;
    const { by, reason } = revocations.get(grant.grantId) ?? {};
    byId.set(grant.grantId, { grant, sequence, revoked: by === undefined ? null : { by, reason: reason ?? null } });
  }
  return [...byId.values()];
}
