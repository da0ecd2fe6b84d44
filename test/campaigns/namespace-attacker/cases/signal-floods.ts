/**
 * More signals than a run can look at one by one: small and large, with a vote's shape and without. An honest vote among
 * them still counts, and the run goes on within a minute.
 */
import { until } from '../../../support/until.ts';
import type { StartedRun } from '../../../support/harness.ts';
import type { AskRow } from '../../../../store/store.ts';
import { type AttackCase, send, sent } from '../case.ts';
import { forge } from '../forged.ts';
import type { Stage } from '../stage.ts';
import { payloadsOf } from '../stolen-tasks.ts';
import { json, nothingCame, onWaiting, type Payloads, signal } from '../waiting-run.ts';

/** As many at a time as a program sends without effort. */
const lanes = 50;

const all: readonly AttackCase[] = [
  onWaiting('signal-flood', 'sends 5,000 junk votes as fast as the server takes them', async (stage, run) => {
    await flood(stage, run, 5000, (index) => payloadsOf({ junk: index, verdict: 'approve' }));
  }),
  onWaiting(
    'signal-flood-of-forged-votes',
    'sends 2,000 votes for this very request, each signed with a key of its own',
    async (stage, run, ask) => {
      await flood(stage, run, 2000, forgedVotes(stage, ask));
    },
  ),
  {
    id: 'signal-flood-before-a-vote',
    attack: 'sends 600 forged votes while the worker is away, so that an honest one finds the inbox full',
    ends: 'itself',
    effects: 1,
    shows: nothingCame,
    async play(stage) {
      const agent = stage.lonelyQueue('agent');
      const first = await stage.serve(['agent'], { agent });
      const run = await stage.victim([send, sent], { agent });
      const ask = await run.ask();
      await first.stop();
      await flood(stage, run, 600, forgedVotes(stage, ask));
      await run.castVote(ask);
      await stage.serve(['agent'], { agent });
      // At the deadline the gate reads the stored votes in any case.
      const { closedAt } = await until('an answer', async () => {
        const row = await stage.harness.store.getAsk(ask.nonce);
        return row?.closedAt ? { closedAt: row.closedAt } : undefined;
      });
      if (closedAt >= ask.deadlineAt) throw new Error('nobody looked at the vote before the deadline');
      return run;
    },
  },
  onWaiting(
    'signal-large',
    'sends votes of more than a megabyte until the run continues as new',
    async (stage, run) => {
      const junk = payloadsOf({ junk: 'x'.repeat(1_200_000) });
      for (let index = 0; index < 12; index += 1) await signal(stage, run, 'vote', junk);
      await flood(stage, run, 1600, small);
    },
  ),
  onWaiting('signal-large-undecodable', 'sends votes of more than a megabyte that are no JSON', async (stage, run) => {
    const junk = json(`["${'x'.repeat(1_200_000)}"`);
    for (let index = 0; index < 12; index += 1) await signal(stage, run, 'vote', junk);
  }),
  onWaiting(
    'signal-at-continue-as-new',
    'sends signals, small and large, without pause while the run continues as new',
    async (stage, run) => {
      const large = payloadsOf({ junk: 'y'.repeat(400_000) });
      const linkOf = async (): Promise<string> =>
        (await stage.client.workflow.getHandle(run.workflowId).describe()).runId;
      let ended = false;
      const more = async (): Promise<void> => {
        // No more of them: at 50 MB the server itself would end the run.
        for (let times = 0; times < 40 && !ended; times += 1) await signal(stage, run, 'vote', large);
      };
      const next = async (): Promise<void> => {
        try {
          await flood(stage, run, 1700, small);
          await until('the next link', async () => (await linkOf()) !== run.linkRunId);
        } finally {
          ended = true;
        }
      };
      await Promise.all([more(), next()]);
    },
  ),
  onWaiting(
    'control-flood',
    'sends 500 control signals, as if something had changed in the store',
    async (stage, run) => {
      for (let index = 0; index < 500; index += 1) await signal(stage, run, 'control', payloadsOf({ thaw: true }));
    },
  ),
];

export const signalFloods = all.map((one): AttackCase => ({ ...one, flood: true }));

function small(): Payloads {
  return payloadsOf({ junk: true });
}

/** Each of them another one, and right but for its signature. */
function forgedVotes(stage: Stage, ask: AskRow): (index: number) => Payloads {
  const { body } = stage.harness.desk.vote(ask);
  return (index) => payloadsOf(forge(stage, 'vote', { ...body, reason: `forged ${index}` }));
}

async function flood(stage: Stage, run: StartedRun, count: number, payloads: (index: number) => Payloads) {
  const lane = async (from: number): Promise<void> => {
    for (let index = from; index < count; index += lanes) await signal(stage, run, 'vote', payloads(index));
  };
  await Promise.all(Array.from({ length: lanes }, (_, from) => lane(from)));
}
