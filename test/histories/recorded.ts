/**
 * A recorded run: its links as proto JSON, and what is needed to verify them offline (public keys, deployment name). It holds
 * no private key and no store: the record alone must carry its proof.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type HistorySource, historyFromJson } from '../../audit/history-source.ts';
import { registryKeySchema } from '../../core/contracts/envelope.ts';
import type { KeyRegistry } from '../../core/envelope.ts';
import { verifySignature } from '../../keys/index.ts';

export const historiesFolder = import.meta.dirname;

export const recordedSchema = z.strictObject({
  name: z.string(),
  workflowId: z.string(),
  audience: z.string(),
  /** Of a replay without the store; `incomplete` where the proof is in the store. */
  verdict: z.enum(['verified', 'incomplete']),
  keys: z.array(registryKeySchema),
  links: z.array(z.strictObject({ linkRunId: z.string(), history: z.unknown() })),
});
export type Recorded = z.infer<typeof recordedSchema>;

export function recordedNames(): string[] {
  return readdirSync(historiesFolder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .toSorted();
}

export function loadRecorded(name: string): Recorded {
  return recordedSchema.parse(JSON.parse(readFileSync(join(historiesFolder, `${name}.json`), 'utf8')));
}

export function sourceOf(recorded: Recorded): HistorySource {
  const links = recorded.links.map(({ linkRunId, history }) => ({ linkRunId, history: historyFromJson(history) }));
  return { links: (workflowId) => Promise.resolve(workflowId === recorded.workflowId ? links : []) };
}

export function registryOf({ keys }: Pick<Recorded, 'keys'>): KeyRegistry {
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  return { keyByKid: (kid) => byKid.get(kid), verify: verifySignature };
}
