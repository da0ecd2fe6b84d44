/** Keeps the history of a run whose record differs: the campaign's own folder and server are gone when somebody reads of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** @returns the file that holds it */
export async function keepHistory(client: Client, workflowId: string): Promise<string> {
  const folder = join(tmpdir(), 'countersign-campaign-histories');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${workflowId}.json`);
  await writeFile(file, historyToJSON(await client.workflow.getHandle(workflowId).fetchHistory()), { mode: 0o600 });
  return file;
}
