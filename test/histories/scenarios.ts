/**
 * One run per branch of the road, made on a real server with synthetic names. Each brings its run to its end; what became of
 * it is for the replay to say.
 */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { VoteBody } from '../../core/contracts/approval.ts';
import { digestText } from '../../core/digest.ts';
import { CountersignError } from '../../core/errors.ts';
import type { AskRow, Store } from '../../store/store.ts';
import { type Harness, type HarnessOptions, type StartedRun, testPolicy } from '../support/harness.ts';
import { breakGlassPolicy, breaking, signReview } from '../support/break-glass.ts';
import { grantDigestOf, grantFor } from '../support/grants.ts';
import { until } from '../support/until.ts';

export interface Scenario {
  name: string;
  harness?: HarnessOptions;
  /** What the histories prove without the store. @default verified */
  verdictAlone?: 'incomplete';
  /** @returns the run, ended. */
  play(harness: Harness): Promise<StartedRun>;
}

const deletion = { calls: [{ name: 'delete_database', args: { name: 'orders' } }], text: 'I delete it now.' };
const reading = { calls: [{ name: 'read_status', args: { name: 'web' } }], text: 'I look first.' };
const sending = (name: string) => ({ calls: [{ name, args: { name: 'team' } }], text: 'I send it.' });
const words = { text: 'That is all.' };

async function castVote(
  harness: Harness,
  run: StartedRun,
  ask: AskRow,
  changes: Partial<VoteBody> = {},
): Promise<void> {
  await run.castVote(ask, changes);
}

/** A person's word on what became of an effect. */
async function answer(
  harness: Harness,
  run: StartedRun,
  { ask, nonce }: AskRow,
  said: 'happened' | 'did-not-happen',
): Promise<void> {
  const { callKey, try: tryNumber } = ask.body;
  const by = { principal: 'olga', roles: ['operator'], reason: 'I looked.', answeredAt: Date.now() };
  await harness.desk.control({ kind: 'reconcile-answer', nonce, callKey, try: tryNumber, answer: said, ...by });
  await harness.door.signal(run.workflowId, 'control', {});
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
    async gateView(query, kinds) {
      left -= 1;
      if (left >= 0) throw new CountersignError('store-unavailable', 'Cannot read the store: it is away, expected it');
      return await store.gateView(query, kinds);
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
    name: 'three-times',
    async play(harness) {
      const run = await harness.start([
        { calls: [...sending('quick_send').calls, ...sending('quick_send').calls, ...sending('quick_send').calls] },
        words,
      ]);
      await castVote(harness, run, await run.ask());
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
      for (let sent = 0; (await handle.describe()).runId === run.linkRunId; sent += 1)
        await run.signalVote({ junk: sent });
      await castVote(harness, run, ask);
      return await ended(run);
    },
  },
  {
    name: 'two-approvers',
    harness: { policy: testPolicy().replace('quorum: 1', 'quorum: 2') },
    async play(harness) {
      const run = await harness.start([deletion, words]);
      const ask = await run.ask();
      await castVote(harness, run, ask);
      await castVote(harness, run, ask);
      await castVote(harness, run, ask, { principal: 'pete' });
      return await ended(run);
    },
  },
  {
    name: 'edit',
    async play(harness) {
      const run = await harness.start([deletion, words]);
      const asked = await run.ask();
      const text = '{"name":"orders_copy"}';
      const edits = {
        argumentsDigest: digestText('arguments', text),
        argumentsBody: await harness.store.putBody(text),
      };
      await castVote(harness, run, asked, { verdict: 'edit', edits, reason: 'The copy first.' });
      const edited = await run.ask(1);
      // Its editor has no say in it; the record has the vote all the same.
      await castVote(harness, run, edited);
      await castVote(harness, run, edited, { principal: 'pete' });
      return await ended(run);
    },
  },
  {
    name: 'unknown-probed',
    async play(harness) {
      const run = await harness.start([sending('torn_send'), words]);
      await castVote(harness, run, await run.ask());
      // Its probe says that it did not happen; being an effect it is asked about again, and denied.
      await castVote(harness, run, await run.ask(1), { verdict: 'deny' });
      return await ended(run);
    },
  },
  {
    name: 'unknown-answered',
    verdictAlone: 'incomplete',
    async play(harness) {
      const run = await harness.start([sending('blind_send'), words]);
      await castVote(harness, run, await run.ask());
      await answer(harness, run, await run.ask(1), 'did-not-happen');
      await castVote(harness, run, await run.ask(2));
      return await ended(run);
    },
  },
  {
    name: 'unknown-unanswered',
    harness: { deadline: '2s' },
    async play(harness) {
      const run = await harness.start([sending('blind_send'), words]);
      await castVote(harness, run, await run.ask());
      return await ended(run);
    },
  },
  {
    name: 'freeze',
    async play(harness) {
      const run = await harness.start([deletion, words]);
      const ask = await run.ask();
      await harness.desk.control({ kind: 'freeze', by: 'olga', reason: 'drill' });
      await castVote(harness, run, ask);
      await until('the run to hold', async () => (await harness.door.runState(run.workflowId, 2000))?.hold ?? null);
      await harness.desk.control({ kind: 'thaw', by: 'olga', reason: 'drill' });
      await harness.door.signal(run.workflowId, 'control', {});
      return await ended(run);
    },
  },
  {
    name: 'dry-run',
    async play(harness) {
      return await ended(await harness.start([deletion, words], { dryRun: true }));
    },
  },
  {
    name: 'compact',
    harness: { limits: { contextTokens: 1000 } },
    async play(harness) {
      const long = { ...reading, text: 'I look. '.repeat(120) };
      return await ended(await harness.start([long, long, long, long, long, words]));
    },
  },
  {
    name: 'model-refused',
    async play(harness) {
      return await ended(await harness.start([reading, { error: 400 }]));
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
    // What a guard finds in a model's answer stands in the record; the credential does not.
    name: 'redacted',
    async play(harness) {
      const credential = ['AKIA', 'IOSFODNN7', 'QWERTZU'].join('');
      return await ended(await harness.start([{ ...reading, text: `I use ${credential} for it.` }, words]));
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
    name: 'grant',
    harness: { policy: testPolicy().replace('quorum: 1', 'quorum: 1\n    grants: { ttl: 1h, uses: 5 }') },
    // The grant itself is the gateway's record, in the store and in an export.
    verdictAlone: 'incomplete',
    async play(harness) {
      const to = (name: string) => ({ calls: [{ name: 'send', args: { name } }], text: 'I send it.' });
      const run = await harness.start([to('web-0'), to('web-1'), words]);
      const ask = await run.ask();
      const grant = grantFor(ask, { environment: harness.pack.body.environment, scope: 'run' });
      await harness.desk.control({ kind: 'grant', grant });
      await castVote(harness, run, ask, { grantDigest: grantDigestOf(grant) });
      return await ended(run);
    },
  },
  {
    name: 'break-glass',
    harness: { policy: breakGlassPolicy() },
    // That it was reviewed stands in the store.
    verdictAlone: 'incomplete',
    async play(harness) {
      await harness.desk.enrol('mia', ['lead']);
      const run = await harness.start([deletion, words]);
      const ask = await run.ask();
      await castVote(harness, run, ask, breaking());
      const done = await ended(run);
      for (const principal of ['olga', 'pete']) await signReview(harness, ask.nonce, principal);
      return done;
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
  {
    name: 'said-before',
    async play(harness) {
      writeFileSync(join(harness.folder, 'size'), '7');
      writeFileSync(join(harness.folder, 'plan'), '3 of 7');
      const run = await harness.start([{ calls: [{ name: 'purge', args: { name: 'web' } }] }, words]);
      await castVote(harness, run, await run.ask());
      return await ended(run);
    },
  },
];
