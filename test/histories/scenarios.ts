/**
 * One run per branch of the road, made on a real server with synthetic names. Each brings its run to its end; what became of
 * it is for the replay to say.
 */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { digestJson } from '../../core/digest.ts';
import type { VoteBody } from '../../core/contracts/approval.ts';
import { CountersignError } from '../../core/errors.ts';
import type { AskRow, Store } from '../../store/store.ts';
import { type Harness, type HarnessOptions, type StartedRun } from '../support/harness.ts';
import { until } from '../support/until.ts';

export interface Scenario {
  name: string;
  harness?: HarnessOptions;
  /** @returns the run, ended. */
  play(harness: Harness): Promise<StartedRun>;
}

const deletion = { calls: [{ name: 'delete_database', args: { name: 'orders' } }], text: 'I delete it now.' };
const reading = { calls: [{ name: 'read_status', args: { name: 'web' } }], text: 'I look first.' };
const words = { text: 'That is all.' };

async function castVote(harness: Harness, run: StartedRun, ask: AskRow, changes: Partial<VoteBody> = {}): Promise<void> {
  const vote = harness.desk.vote(ask, changes);
  await harness.store.storeVote(vote, digestJson('vote', vote));
  await run.signalVote(vote);
}

/** Waits for the end, however it ends. */
async function ended(run: StartedRun): Promise<StartedRun> {
  await run.result().catch(() => undefined);
  return run;
}

/** A store out of reach for its first few reads by the gate. */
function awayAtFirst(times: number): (store: Store) => Store {
  let left = times;
  return (store) => ({
    ...store,
    async gateState(query) {
      left -= 1;
      if (left >= 0) throw new CountersignError('store-unavailable', 'Cannot read the store: it is away, expected it');
      return await store.gateState(query);
    },
  });
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'approve',
    async play(harness) {
      const run = await harness.start([reading, deletion, words]);
      await castVote(harness, run, await run.ask(), { reason: 'The ticket says so.' });
      return await ended(run);
    },
  },
  {
    name: 'deny',
    async play(harness) {
      const run = await harness.start([deletion, words]);
      await castVote(harness, run, await run.ask(), { verdict: 'deny', reason: 'Not today.' });
      return await ended(run);
    },
  },
  {
    name: 'expire',
    harness: { deadline: '1s' },
    async play(harness) {
      return await ended(await harness.start([deletion, words]));
    },
  },
  {
    name: 'late-vote',
    harness: { deadline: '1s' },
    async play(harness) {
      const run = await harness.start([deletion, words]);
      const ask = await run.ask();
      await until('the deadline', () => Date.now() > ask.deadlineAt);
      await castVote(harness, run, ask);
      return await ended(run);
    },
  },
  {
    name: 'continue-as-new',
    harness: { limits: { eventsPerLink: 40 } },
    async play(harness) {
      const run = await harness.start([deletion, words]);
      const ask = await run.ask();
      const forged = harness.desk.vote(ask, { principal: 'pete' });
      const handle = harness.door.client.workflow.getHandle(run.workflowId);
      await run.signalVote({ ...forged, issuedAt: forged.issuedAt + 1 });
      for (let sent = 0; (await handle.describe()).runId === run.linkRunId; sent += 1) await run.signalVote({ junk: sent });
      await castVote(harness, run, ask);
      return await ended(run);
    },
  },
  {
    name: 'unknown',
    async play(harness) {
      const run = await harness.start([{ calls: [{ name: 'slow_send', args: { name: 'team' } }] }, words]);
      await castVote(harness, run, await run.ask());
      // Its probe says that it did not happen; being an effect it is asked about again, and denied.
      const second = await run.ask(1);
      await castVote(harness, run, second, { verdict: 'deny' });
      return await ended(run);
    },
  },
  {
    name: 'cancel',
    async play(harness) {
      const run = await harness.start([deletion, words]);
      await run.ask();
      await harness.door.cancel(run.workflowId);
      return await ended(run);
    },
  },
  {
    name: 'refused',
    async play(harness) {
      const wrong = { calls: [{ name: 'format_disk', args: { name: 'sda' } }] };
      return await ended(await harness.start([wrong, wrong, wrong, words]));
    },
  },
  {
    name: 'held',
    harness: { wrapStore: awayAtFirst(2) },
    async play(harness) {
      return await ended(await harness.start([reading, words]));
    },
  },
  {
    name: 'reset',
    async play(harness) {
      const run = await harness.start([deletion, words]);
      await castVote(harness, run, await run.ask());
      await ended(run);
      const { client, namespace } = harness.door;
      const execution = { workflowId: run.workflowId, runId: run.linkRunId };
      const { events } = await client.workflow.getHandle(run.workflowId, run.linkRunId).fetchHistory();
      const first = events?.find((event) => event.workflowTaskCompletedEventAttributes);
      const reset = await client.workflowService.resetWorkflowExecution({
        namespace,
        workflowExecution: execution,
        reason: 'test',
        requestId: `reset-${run.workflowId}`,
        workflowTaskFinishEventId: first?.eventId ?? null,
      });
      await client.workflow.getHandle(run.workflowId, reset.runId).result();
      return run;
    },
  },
  {
    name: 'target-state',
    async play(harness) {
      writeFileSync(join(harness.folder, 'size'), '3');
      const run = await harness.start([{ calls: [{ name: 'scale', args: { name: 'web' } }] }, words]);
      await castVote(harness, run, await run.ask());
      return await ended(run);
    },
  },
];
