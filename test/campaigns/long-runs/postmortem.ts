/** Replays a run as an auditor would, and counts the compactions that the histories hold and that the postmortem shows. */
import { createServerSource } from '../../../audit/fetch-chain.ts';
import { replayRun } from '../../../audit/replay-run.ts';
import type { TemporalDoor } from '../../../client/temporal-door.ts';
import { replayBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { audience, type World } from '../frame/world.ts';

export interface CompactionsShown {
  inHistory: number;
  inPostmortem: number;
  verified: boolean;
}

export async function compactionsShown(
  world: World,
  door: TemporalDoor,
  workflowId: string,
): Promise<CompactionsShown> {
  const { store } = world;
  const { registry } = await world.loadKeys();
  const source = createServerSource({ door, store });
  const bundle = await replayBundle(bundleFolder);
  const report = await replayRun({ workflowId, source, registry, audience, store, bundle });
  return {
    inHistory: await compactionsIn(door, workflowId),
    inPostmortem: report.timeline.filter(({ kind }) => kind === 'compacted').length,
    verified: report.verdict === 'verified',
  };
}

async function compactionsIn(door: TemporalDoor, workflowId: string): Promise<number> {
  let count = 0;
  let linkRunId: string | null = (await door.client.workflow.getHandle(workflowId).describe()).runId;
  while (linkRunId !== null) {
    const { events } = await door.client.workflow.getHandle(workflowId, linkRunId).fetchHistory();
    count += (events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'compactTranscript',
    ).length;
    linkRunId = (await door.linkOrigin(workflowId, linkRunId)).continuedRunId;
  }
  return count;
}
