/** Tells runs to look at the store again. The record is what counts: a run that was not reached sees it at its next call. */
import { CountersignError } from '../core/errors.ts';
import type { RunRow } from '../store/store.ts';
import { inParallel } from './in-parallel.ts';
import type { GatewayContext } from './options.ts';

const atOnce = 8;
const pageSize = 200;

/** Whether it was told. */
export async function tellRun({ door, logger }: GatewayContext, workflowId: string, about: string): Promise<boolean> {
  try {
    await door.signal(workflowId, 'control', { about });
    return true;
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : 'internal-fault';
    logger.warn({ workflowId, about, code }, 'a run was not told to look again');
    return false;
  }
}

/** How many open runs were told. */
export async function tellOpenRuns(gateway: GatewayContext, about: string): Promise<number> {
  let told = 0;
  for await (const rows of pagesOf(gateway)) {
    const open = rows.filter((row) => row.closedAt === null);
    const results = await inParallel(open, atOnce, (row) => tellRun(gateway, row.workflowId, about));
    told += results.filter(Boolean).length;
  }
  return told;
}

async function* pagesOf({ store }: GatewayContext): AsyncGenerator<RunRow[]> {
  let before: RunRow | undefined;
  for (;;) {
    const rows = await store.listRuns({ limit: pageSize, ...(before === undefined ? {} : { before }) });
    yield rows;
    const last = rows.at(-1);
    if (rows.length < pageSize || !last) return;
    before = last;
  }
}
