/**
 * Runs the workflow code over recorded histories and collects what it computes on the way. No activity is executed and
 * nothing is sent anywhere. A replay that fails is a result, never a crash.
 */
import { Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { payloadConverterPath } from '../client/temporal-door.ts';
import { silentLogger } from '../client/silent-logger.ts';
import { messageOf } from '../core/errors.ts';
import { hasTask, unfitReason } from './fit-for-replay.ts';
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

/** An SDK that meets a history it did not expect may wait for ever: how long nothing need come of a link, ms. */
const standstillMs = 120_000;

/**
 * Replays each link by itself, in the order given, all in one worker: to start one costs more than a replay. A link that ends the
 * worker, or that it stands still over, has its reason, and the links behind it get another one.
 */
export async function replayLinks(
  workflowId: string,
  links: readonly LinkHistory[],
  bundle: ReplayBundle,
  options: { standstillMs?: number } = {},
): Promise<ReplayedLink[]> {
  installRuntime();
  const limitMs = options.standstillMs ?? standstillMs;
  const fit = links.filter((link) => unfitReason(link) === null && hasTask(link));
  const replayed: ReplayedLink[] = [];
  while (replayed.length < fit.length) {
    replayed.push(...(await replayTogether(workflowId, fit.slice(replayed.length), bundle, limitMs)));
  }
  let next = 0;
  return links.map((link) => {
    const result = link === fit[next] ? replayed[next] : undefined;
    if (result) next += 1;
    return result ?? { linkRunId: link.linkRunId, computed: [], failure: unfitReason(link) };
  });
}

/** At least the first, and no more than up to the first that ends the worker. */
async function replayTogether(
  workflowId: string,
  links: readonly LinkHistory[],
  bundle: ReplayBundle,
  limitMs: number,
): Promise<ReplayedLink[]> {
  const replayed: ReplayedLink[] = [];
  // The SDK replays one history after the other: what is computed belongs to the link whose result comes next.
  let computed: Computed[] = [];
  const end = (failure: string | null): void => {
    const link = links[replayed.length];
    if (link) replayed.push({ linkRunId: link.linkRunId, computed, failure });
    computed = [];
  };
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
    links.map(({ history }) => ({ workflowId, history })),
  );
  try {
    while (replayed.length < links.length) {
      const next = await withinLimit(results.next(), limitMs, () => computed.length);
      if (next === 'stands-still') {
        // Ends it if it ever answers.
        void results.return?.(undefined).catch(() => undefined);
        end(`nothing came of it for ${limitMs / 1000} s`);
        return replayed;
      }
      if (next.done) end('the replay ended without a result');
      else end(next.value.error ? messageOf(next.value.error) : null);
      if (next.done) return replayed;
    }
    await results.return?.(undefined);
  } catch (error) {
    end(messageOf(error));
  }
  return replayed;
}

/** @param progress grows while it goes on */
async function withinLimit<Value>(
  result: Promise<Value>,
  limitMs: number,
  progress: () => number,
): Promise<Value | 'stands-still'> {
  for (;;) {
    const before = progress();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'stands-still'>((resolve) => {
      timer = setTimeout(resolve, limitMs, 'stands-still');
    });
    const first = await Promise.race([result, late]).finally(() => {
      clearTimeout(timer);
    });
    if (first !== 'stands-still' || progress() === before) return first;
  }
}
