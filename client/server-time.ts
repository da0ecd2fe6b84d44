/**
 * The Temporal server's own time, asked cheaply and without a trace in any history: the gateway polls a task queue that
 * nobody uses, and the server notes when. One round trip more reads the note. Nothing is ever dispatched there.
 */
import type { Client } from '@temporalio/client';
import type { CountersignError } from '../core/errors.ts';
import { answerWithinMs, serverUnavailable } from './ask-server.ts';

const activityQueue = 2;
/** A queue of this kind has one partition, so the question goes where the poll went. */
const stickyKind = 2;
const clockQueue = 'countersign-clock';
/** Servers refuse a poll that would end soon; it is given up long before. */
const pollDeadlineMs = 30_000;
const betweenLooksMs = 5;

/**
 * @returns a moment between call and return, by the server's clock, ms
 * @throws {CountersignError} `server-unavailable`
 */
export async function readServerTime(client: Client, namespace: string): Promise<number> {
  const identity = `countersign-clock-${crypto.randomUUID()}`;
  const taskQueue = { name: clockQueue, kind: stickyKind, normalName: clockQueue };
  const poll = new AbortController();
  const polled = client
    .withDeadline(Date.now() + pollDeadlineMs, () =>
      client.withAbortSignal(poll.signal, () =>
        client.workflowService.pollActivityTaskQueue({ namespace, taskQueue, identity }),
      ),
    )
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  try {
    const noted = noteOf(client, { namespace, taskQueue, taskQueueType: activityQueue }, identity);
    const refused = polled.then((error) => {
      throw asUnavailable(error);
    });
    return await Promise.race([noted, refused]);
  } finally {
    poll.abort();
  }
}

type Queue = Parameters<Client['workflowService']['describeTaskQueue']>[0];

async function noteOf(client: Client, queue: Queue, identity: string): Promise<number> {
  const giveUpAt = Date.now() + answerWithinMs;
  try {
    for (;;) {
      const { pollers } = await client.withDeadline(giveUpAt, () => client.workflowService.describeTaskQueue(queue));
      const time = pollers?.find((poller) => poller.identity === identity)?.lastAccessTime;
      if (time) return Number(time.seconds ?? 0) * 1000 + Math.trunc((time.nanos ?? 0) / 1_000_000);
      if (Date.now() > giveUpAt) throw new Error('it did not note the question');
      await new Promise((resolve) => setTimeout(resolve, betweenLooksMs));
    }
  } catch (error) {
    throw asUnavailable(error);
  }
}

function asUnavailable(error: unknown): CountersignError {
  return serverUnavailable("read the Temporal server's time", error ?? 'the poll ended');
}
