/**
 * `<state folder>/engine.json`: where the running engine answers, so that other commands find it, and where the last one
 * did, so that the next one can be found there again. It is a hint and never trusted alone: the process must still be
 * that process, and the address must answer.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import { addressAnswers } from './ports.ts';
import { processIdentity } from './process-identity.ts';

const engineRecordSchema = z.strictObject({
  pid: z.int().positive().describe('process id of the Temporal server'),
  identity: z.string().describe('tells this process from a later one with the same id'),
  address: z.string().describe('host:port of its gRPC interface'),
  uiUrl: z.string().describe('address of its web UI'),
  namespace: z.string(),
  startedAt: z.int().describe('milliseconds since the Unix epoch'),
  endedAt: z
    .int()
    .optional()
    .describe('as startedAt; set once its owner has seen it end, absent while it runs or where both died'),
});

export type EngineRecord = z.infer<typeof engineRecordSchema>;

export type EngineState =
  | { readonly kind: 'running'; readonly record: EngineRecord }
  | { readonly kind: 'stale'; readonly reason: string; readonly record?: EngineRecord }
  | { readonly kind: 'none' };

/** What the state folder says about an engine, checked against the process and its port. Never throws. */
export async function findEmbeddedEngine(stateFolder: string): Promise<EngineState> {
  const read = await readEngineRecord(stateFolder);
  if (read.kind !== 'read') return read;
  const { record } = read;
  if (record.endedAt !== undefined) return { kind: 'none' };
  if (!(await isSameProcess(record))) return { kind: 'stale', reason: `process ${record.pid} has ended`, record };
  if (!(await addressAnswers(record.address)))
    return { kind: 'stale', reason: `${record.address} does not answer`, record };
  return { kind: 'running', record };
}

export async function readEngineRecord(
  stateFolder: string,
): Promise<{ kind: 'read'; record: EngineRecord } | { kind: 'none' } | { kind: 'stale'; reason: string }> {
  let text: string;
  try {
    text = await readFile(recordPath(stateFolder), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'none' };
    return { kind: 'stale', reason: messageOf(error) };
  }
  try {
    return { kind: 'read', record: engineRecordSchema.parse(JSON.parse(text)) };
  } catch {
    return { kind: 'stale', reason: 'engine.json is not readable as an engine record' };
  }
}

/** Written beside and renamed, so that a reader never sees half of it. */
export async function writeEngineRecord(stateFolder: string, record: EngineRecord): Promise<void> {
  const path = recordPath(stateFolder);
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, path);
}

/** Never throws: the folder may be gone, and a record that is still there shows by its process that it is stale. */
export async function markEngineEnded(stateFolder: string, endedAt: number): Promise<void> {
  try {
    const read = await readEngineRecord(stateFolder);
    if (read.kind === 'read') await writeEngineRecord(stateFolder, { ...read.record, endedAt });
  } catch {
    // As above.
  }
}

export async function isSameProcess(record: Pick<EngineRecord, 'pid' | 'identity'>): Promise<boolean> {
  return (await processIdentity(record.pid)) === record.identity;
}

function recordPath(stateFolder: string): string {
  return join(stateFolder, 'engine.json');
}
