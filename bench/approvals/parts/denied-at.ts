/**
 * When silence denied a request, by its run's own history: the event of the timer that ended, and the event that holds the gate's
 * signed denial. Server times, so that nothing hangs on when the bench looked.
 */
import { createServerSource } from '../../../audit/fetch-chain.ts';
import { readRecord } from '../../../audit/read-record.ts';
import type { RecordEntry } from '../../../audit/record-types.ts';
import { signedDecisionSchema } from '../../../core/contracts/decision.ts';
import { z } from 'zod';
import { inParallel } from '../../../gateway/in-parallel.ts';
import type { Bench, Request } from './ground.ts';

export interface Denied {
  deadlineAt: number;
  /** Of the last timer that ended by itself before the denial; null where the run had none, since it was busy until then. */
  firedAt: number | null;
  deniedAt: number;
}

const decidedSchema = z.looseObject({ kind: z.literal('decided'), decision: signedDecisionSchema });
const atOnce = 8;

/** @throws {Error} where one was not denied by silence */
export async function readDenials({ ground }: Bench, requests: readonly Request[]): Promise<Denied[]> {
  const source = createServerSource({ door: ground.harness.door });
  const byRun = [...Map.groupBy(requests, ({ workflowId }) => workflowId)];
  const found = await inParallel(byRun, atOnce, async ([workflowId, ofRun]) => {
    // What a run asked in its first link is denied there, in a run that is as short as these.
    const link = await source.link(workflowId, ofRun[0]?.linkRunId ?? '');
    const { links } = readRecord(workflowId, link ? [link] : []);
    const entries = links.flatMap((one) => one.entries);
    return ofRun.map((request) => denialOf(entries, request));
  });
  return found.flat();
}

function denialOf(entries: readonly RecordEntry[], { nonce, deadlineAt }: Request): Denied {
  const denial = entries.find((entry) => {
    const decided = entry.kind === 'local' ? decidedSchema.safeParse(entry.result).data : undefined;
    const body = decided?.decision.body;
    return body?.verdict === 'deny' && body.nonce === nonce && body.outcome === 'expired';
  });
  if (!denial) throw new Error(`request ${nonce} has no denial by silence in its history`);
  const fired = entries.flatMap((entry) =>
    entry.kind === 'timer' && entry.end === 'fired' && entry.endedAt !== null && entry.endedAt <= denial.at
      ? [entry.endedAt]
      : [],
  );
  return { deadlineAt, firedAt: fired.at(-1) ?? null, deniedAt: denial.at };
}
