/** Runs that a client resets to an earlier point. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import proto, { type temporal } from '@temporalio/proto';
import type { StartedRun } from '../../../support/harness.ts';
import { startedIn } from '../../../support/test-tools.ts';
import { until } from '../../../support/until.ts';
import { type AttackCase, send, sent } from '../case.ts';
import { hasEnded } from '../oracles.ts';
import type { Stage } from '../stage.ts';
import { onlyWaiting } from '../waiting-run.ts';

const { ResetReapplyExcludeType } = proto.temporal.api.enums.v1;

async function reset(
  { client, namespace }: Stage,
  { workflowId }: StartedRun,
  finishEventOf: (tasks: number[]) => number | undefined,
  exclude: temporal.api.enums.v1.ResetReapplyExcludeType[] = [],
): Promise<string> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  const wanted = finishEventOf(tasks.map(({ eventId }) => Number(eventId)));
  const { eventId } = tasks.find((event) => Number(event.eventId) === wanted) ?? {};
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId, runId },
    reason: 'mine',
    requestId: randomUUID(),
    workflowTaskFinishEventId: eventId ?? null,
    resetReapplyExcludeTypes: exclude,
  });
  return answer.runId;
}

export const resets: readonly AttackCase[] = [
  onlyWaiting(
    'reset-with-a-vote',
    'resets a waiting run to its last task after the vote was sent, so that the vote is applied to the new link',
    async (stage, run, ask) => {
      await reset(stage, run, (tasks) => tasks.at(0));
      await run.signalVote(stage.harness.desk.vote(ask));
      await run.castVote(await run.ask(1));
    },
    // The store has only the second of the two votes.
    { effects: 1, shows: { verdict: 'differs', by: ['store-votes'] } },
  ),
  {
    id: 'reset-without-signals',
    attack: 'resets an ended run to before its approval and lets no signal be applied again',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', links: 2 },
    async play(stage) {
      const run = await stage.victim([send, sent]);
      await run.castVote(await run.ask());
      await run.result();
      await reset(stage, run, (tasks) => tasks.at(1), [ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL]);
      return run;
    },
  },
  {
    id: 'reset-three-times',
    attack: 'resets a run to before its effect three times, each time after it has ended',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', links: 4 },
    async play(stage) {
      const run = await stage.victim([send, sent]);
      await run.castVote(await run.ask());
      await run.result();
      for (let times = 0; times < 3; times += 1) {
        await reset(stage, run, (tasks) => tasks.at(0));
        await until('the link to end', () => hasEnded(stage, run));
      }
      return run;
    },
  },
  {
    id: 'reset-in-the-effect',
    attack: 'resets a run to before its approval while the tool is executing',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', links: 2 },
    async play(stage) {
      const name = stage.lonelyQueue('call');
      const { folder } = stage.harness;
      const run = await stage.victim([{ calls: [{ name: 'slow_send', args: { name } }] }, sent]);
      await run.castVote(await run.ask());
      await until('the tool to start', () => startedIn(folder).some((line) => line.includes(run.workflowId)));
      await reset(stage, run, (tasks) => tasks.at(1));
      writeFileSync(join(folder, `gate-${name}`), '');
      return run;
    },
  },
];
