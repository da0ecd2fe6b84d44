/**
 * Whether an ask is one that a live run still waits with: the run's epoch is the ask's, and the link that the server has
 * running is one this store knows, or the true successor of the last one it knows (a worker may be down just then).
 */
import type { CurrentLink } from '../client/run-record.ts';
import type { RunRow } from '../store/store.ts';
import type { GatewayContext } from './options.ts';
import type { OpenedAsk } from './verified.ts';

type Confirmer = Pick<GatewayContext, 'store' | 'door'>;

/** Why it is not confirmed; undefined when it is. @throws {CountersignError} `server-unavailable`, `store-unavailable` */
export async function unconfirmed(
  { store, door }: Confirmer,
  { row }: OpenedAsk,
  run: RunRow | null,
  /** The newest link, where the caller has just asked. */
  known?: CurrentLink,
): Promise<string | undefined> {
  if (!run) return 'its run was never opened';
  if (run.runEpoch !== row.runEpoch) return 'its run was reset since it asked';
  const current = known ?? (await door.currentLink(row.workflowId));
  if (current?.status !== 'running') return 'its run no longer runs';
  if (current.linkRunId === run.lastLinkRunId) return undefined;
  const { link } = await store.gateState({
    workflowId: row.workflowId,
    linkRunId: current.linkRunId,
    callKey: row.callKey,
    turn: 0,
    try: row.try,
  });
  if (link) return undefined;
  const origin = await door.linkOrigin(row.workflowId, current.linkRunId);
  const successor =
    origin.firstRunId === run.firstLinkRunId &&
    origin.originalRunId === current.linkRunId &&
    origin.continuedRunId === run.lastLinkRunId;
  return successor ? undefined : 'its run goes on as a link that is not registered';
}
