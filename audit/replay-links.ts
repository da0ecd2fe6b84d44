/**
 * Runs the workflow code over recorded histories and collects what it computes on the way. No activity is executed and
 * nothing is sent anywhere. A replay that fails is a result, never a crash.
 */
import { Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { payloadConverterPath } from '../client/temporal-door.ts';
import { silentLogger } from '../client/silent-logger.ts';
import { messageOf } from '../core/errors.ts';
import type { LinkHistory } from './history-source.ts';

/** The workflow bundle that holds `workflows/replay-interceptor.ts` beside the workflows. */
export interface ReplayBundle {
  codePath: string;
}

const computedSchema = z.union([
  z.strictObject({
    kind: z.literal('activity'),
    seq: z.number(),
    activityType: z.string(),
    activityId: z.string(),
    taskQueue: z.string().nullable(),
    args: z.array(z.unknown()),
  }),
  z.strictObject({ kind: z.literal('local'), seq: z.number(), activityType: z.string(), args: z.array(z.unknown()) }),
  z.strictObject({ kind: z.literal('timer'), seq: z.number(), durationMs: z.number() }),
  z.strictObject({
    kind: z.literal('continue-as-new'),
    workflowType: z.string().nullable(),
    args: z.array(z.unknown()),
  }),
  z.strictObject({ kind: z.literal('completed'), result: z.unknown() }),
  z.strictObject({
    kind: z.literal('options'),
    of: z.literal('activity'),
    seq: z.number(),
    summary: z.string().nullable(),
    scheduleToCloseMs: z.number().nullable(),
    scheduleToStartMs: z.number().nullable(),
    startToCloseMs: z.number().nullable(),
    heartbeatMs: z.number().nullable(),
    retry: z
      .strictObject({
        initialIntervalMs: z.number().nullable(),
        backoffCoefficient: z.number().nullable(),
        maximumIntervalMs: z.number().nullable(),
        maximumAttempts: z.number(),
      })
      .nullable(),
  }),
  z.strictObject({
    kind: z.literal('options'),
    of: z.enum(['local', 'timer']),
    seq: z.number(),
    summary: z.string().nullable(),
  }),
  z.strictObject({
    kind: z.literal('options'),
    of: z.literal('search-attributes'),
    shown: z.record(z.string(), z.string().nullable()),
  }),
  z.strictObject({ kind: z.literal('failed'), message: z.string() }),
]);
/** What the code asked for, in order. */
export type Computed = z.infer<typeof computedSchema>;

export interface ReplayedLink {
  linkRunId: string;
  computed: Computed[];
  /** Temporal's own words where its replay failed. */
  failure: string | null;
}

/** The replay worker's own log would write to the terminal; a runtime that is installed already stays as it is. */
function installRuntime(): void {
  try {
    Runtime.install({
      shutdownSignals: [],
      telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
      logger: silentLogger,
    });
  } catch {
    // Somebody else installed it.
  }
}

/** Replays each link by itself, in the order given. */
export async function replayLinks(
  workflowId: string,
  links: readonly LinkHistory[],
  bundle: ReplayBundle,
): Promise<ReplayedLink[]> {
  installRuntime();
  const replayed: ReplayedLink[] = [];
  for (const link of links) replayed.push(await replayLink(workflowId, link, bundle));
  return replayed;
}

async function replayLink(workflowId: string, link: LinkHistory, bundle: ReplayBundle): Promise<ReplayedLink> {
  const computed: Computed[] = [];
  const result = (failure: string | null): ReplayedLink => ({ linkRunId: link.linkRunId, computed, failure });
  try {
    const results = Worker.runReplayHistories(
      {
        workflowBundle: bundle,
        dataConverter: { payloadConverterPath },
        replayName: 'countersign-replay',
        sinks: {
          replay: {
            emit: {
              fn: (_info: unknown, json: string) => {
                computed.push(computedSchema.parse(JSON.parse(json)));
              },
              callDuringReplay: true,
            },
          },
        },
      },
      [{ workflowId, history: link.history }],
    );
    let failure: string | null = null;
    for await (const { error } of results) if (error) failure = messageOf(error);
    return result(failure);
  } catch (error) {
    return result(messageOf(error));
  }
}
