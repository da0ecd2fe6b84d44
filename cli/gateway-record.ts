/**
 * `<state>/gateway.json`: where the gateway of this state folder answers. The record is a hint: it counts only while the
 * process that wrote it lives, and afterwards only as the address to take again.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { jsonOrUndefined } from '../core/json-or-undefined.ts';
import { CountersignError, messageOf } from '../core/errors.ts';
import { processIdentity } from '../engine/process-identity.ts';
import type { Config } from '../worker/config.ts';

const gatewayRecordSchema = z.strictObject({
  url: z.url(),
  pid: z.int().positive(),
  identity: z.string().describe('Tells this process from a later one with the same id'),
  startedAt: z.int(),
  endedAt: z.int().optional().describe('Absent: it runs, or nobody saw it end'),
});
export type GatewayRecord = z.infer<typeof gatewayRecordSchema>;

export type GatewayState =
  | { kind: 'running'; record: GatewayRecord }
  /** It ran; `record` says where, so that the next one can be found there. */
  | { kind: 'stale'; record: GatewayRecord | null }
  | { kind: 'none' };

type Place = Pick<Config, 'paths'>;

/** @throws {CountersignError} `config-invalid` when the folder is not for this user to read */
export async function findGateway({ paths }: Place): Promise<GatewayState> {
  const text = await readIfThere(paths.gateway);
  if (text === undefined) return { kind: 'none' };
  const parsed = gatewayRecordSchema.safeParse(jsonOrUndefined(text));
  if (!parsed.success) return { kind: 'stale', record: null };
  const record = parsed.data;
  if (record.endedAt !== undefined) return { kind: 'stale', record };
  const identity = await processIdentity(record.pid);
  return identity === record.identity ? { kind: 'running', record } : { kind: 'stale', record };
}

export async function writeGatewayRecord(place: Place, url: string, startedAt: number): Promise<void> {
  const identity = (await processIdentity(process.pid)) ?? '';
  await writeRecord(place, { url, pid: process.pid, identity, startedAt });
}

/** Only this process's own. The address stays, for the next one to take. */
export async function markGatewayEnded(place: Place, endedAt: number): Promise<void> {
  const found = await findGateway(place);
  if (found.kind === 'running' && found.record.pid === process.pid) {
    await writeRecord(place, { ...found.record, endedAt });
  }
}

/** Written beside and renamed, so that a reader never sees half of it. */
async function writeRecord({ paths }: Place, record: GatewayRecord): Promise<void> {
  const temporary = `${paths.gateway}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await rename(temporary, paths.gateway);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CountersignError(
      'config-invalid',
      `Cannot read "${path}": ${messageOf(error).split(':')[0] ?? ''}, expected a state folder of this user; choose another with --state`,
      { cause: error },
    );
  }
}
