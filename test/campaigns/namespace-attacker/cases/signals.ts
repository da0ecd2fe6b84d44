/** Signals, updates and queries to a run that waits for an approval: whatever they are, an honest vote still counts. */
import { randomUUID } from 'node:crypto';
import type { temporal } from '@temporalio/proto';
import type { AskRow } from '../../../../store/store.ts';
import type { StartedRun } from '../../../support/harness.ts';
import { until } from '../../../support/until.ts';
import { type AttackCase, send, sent } from '../case.ts';
import { forge } from '../forged.ts';
import type { Stage } from '../stage.ts';
import { payloadsOf } from '../stolen-tasks.ts';

type Payloads = temporal.api.common.v1.IPayloads;
const nothingCame = {
  verdict: 'verified',
  because: 'what arrived was kept as a digest, counted, and decided nothing',
} as const;

async function signal(
  { client, namespace }: Stage,
  { workflowId }: StartedRun,
  signalName: string,
  input: Payloads,
): Promise<void> {
  const requestId = randomUUID();
  const workflowExecution = { workflowId };
  await client.workflowService.signalWorkflowExecution({ namespace, workflowExecution, signalName, input, requestId });
}

/** The attack on a waiting run, then an honest approval; the effect happens once. */
function onWaiting(
  id: string,
  attack: string,
  play: (stage: Stage, run: StartedRun, ask: AskRow) => Promise<unknown>,
  shows: AttackCase['shows'] = nothingCame,
): AttackCase {
  return {
    id,
    attack,
    ends: 'itself',
    effects: 1,
    shows,
    async play(stage) {
      const run = await stage.victim([send, sent]);
      const ask = await run.ask();
      await play(stage, run, ask);
      await run.castVote(ask);
      return run;
    },
  };
}

function json(text: string): Payloads {
  return bytes({ encoding: 'json/plain' }, Buffer.from(text));
}

function bytes(metadata: Record<string, string>, data: Uint8Array): Payloads {
  const encoded = Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value)]);
  return { payloads: [{ metadata: Object.fromEntries(encoded), data }] };
}

/** Larger than any list in a contract, and than a stack. */
const depth = 200_000;
const undecodables: [name: string, input: Payloads][] = [
  ['broken-json', json('{not json')],
  ['nothing', { payloads: [] }],
  ['no-metadata', bytes({}, Buffer.from('{}'))],
  ['unknown-encoding', bytes({ encoding: 'binary/encrypted' }, Buffer.from([1, 2, 3]))],
  ['wrong-protobuf', bytes({ encoding: 'json/protobuf', messageType: 'temporal.api.No' }, Buffer.from('{}'))],
  ['bad-utf8', bytes({ encoding: 'json/plain' }, Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
  ['lone-surrogate', json('"\\ud800"')],
  ['prototype', json('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')],
  ['deep-arrays', json('['.repeat(depth) + ']'.repeat(depth))],
  ['deep-objects', json('{"body":'.repeat(depth) + '1' + '}'.repeat(depth))],
  ['many-arguments', payloadsOf(...Array.from({ length: 500 }, (_, index) => index))],
  ['huge-number', json('1e999')],
];

const floods = new Set(['signal-flood', 'signal-large', 'signal-at-continue-as-new', 'control-flood']);

const all: readonly AttackCase[] = [
  ...undecodables.map(([name, input]) =>
    onWaiting(
      `signal-${name}`,
      `sends votes of ${name.replaceAll('-', ' ')}, before and after the ask is signalled`,
      async (stage, run) => {
        for (const signalName of ['vote', 'control', 'vote']) await signal(stage, run, signalName, input);
      },
    ),
  ),
  onWaiting(
    'signal-unknown-names',
    'sends signals of names that no run knows, empty, long and reserved ones',
    async (stage, run) => {
      const names = ['approve', 'x'.repeat(900), '__temporal_signal', 'run-state', 'vote ', 'Vote'];
      for (const name of names) await signal(stage, run, name, payloadsOf({ verdict: 'approve' }));
    },
  ),
  onWaiting('signal-flood', 'sends 5,000 junk votes as fast as the server takes them', async (stage, run) => {
    const one = async (from: number): Promise<void> => {
      for (let index = from; index < 5000; index += 50) {
        await signal(stage, run, 'vote', payloadsOf({ junk: index, verdict: 'approve' }));
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, from) => one(from)));
  }),
  onWaiting(
    'signal-large',
    'sends votes of more than a megabyte until the run continues as new',
    async (stage, run) => {
      const junk = payloadsOf({ junk: 'x'.repeat(1_200_000) });
      for (let index = 0; index < 12; index += 1) await signal(stage, run, 'vote', junk);
      await flood(stage, run, 1600);
    },
  ),
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
          await flood(stage, run, 1700);
          await until('the next link', async () => (await linkOf()) !== run.linkRunId);
        } finally {
          ended = true;
        }
      };
      await Promise.all([more(), next()]);
    },
  ),
  onWaiting(
    'vote-forged',
    'signals a vote for this very request, signed with a key of its own',
    async (stage, run, ask) => {
      const vote = stage.harness.desk.vote(ask);
      await run.signalVote(forge(stage, 'vote', vote.body));
    },
    { verdict: 'verified', because: 'the forged vote is in the record as one that does not verify' },
  ),
  onWaiting(
    'vote-of-other-deployment',
    'signals a vote that another deployment’s gateway signed for the same names',
    async (stage, run, ask) => {
      const vote = stage.harness.desk.vote(ask);
      await run.signalVote({ ...vote, audience: 'countersign:staging' });
    },
  ),
  onWaiting(
    'vote-double-keys',
    'changes a denial’s bytes so that one parser reads "deny" and another "approve"',
    async (stage, run, ask) => {
      const vote = JSON.stringify(stage.harness.desk.vote(ask, { verdict: 'deny' }));
      const double = vote.replace('"verdict":"deny"', '"verdict":"deny","verdict":"approve"');
      await signal(stage, run, 'vote', json(double));
    },
  ),
  {
    id: 'vote-after-a-denial',
    attack:
      'copies an approval from another request of the same run’s history onto the next one, after a person denied it',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', because: 'a vote for another request does not fit this one' },
    async play(stage) {
      const again = { calls: [{ name: 'delete_database', args: { name: 'orders' } }] };
      const run = await stage.victim([send, again, sent]);
      const approval = await run.castVote(await run.ask());
      const second = await run.ask(1);
      await run.signalVote(approval);
      await run.signalVote({ ...approval, body: { ...approval.body, nonce: second.nonce } });
      await run.castVote(second, { verdict: 'deny', reason: 'not this one' });
      return run;
    },
  },
  onWaiting(
    'control-flood',
    'sends 500 control signals, as if something had changed in the store',
    async (stage, run) => {
      for (let index = 0; index < 500; index += 1) await signal(stage, run, 'control', payloadsOf({ thaw: true }));
    },
  ),
  onWaiting('update-unknown', 'sends updates that no run has', async ({ client }, run) => {
    const handle = client.workflow.getHandle(run.workflowId);
    for (const name of ['approve', 'vote', '__temporal']) {
      await handle.executeUpdate(name, { args: [{ verdict: 'approve' }] }).then(
        () => {
          throw new Error(`the run took an update "${name}"`);
        },
        () => undefined,
      );
    }
  }),
  onWaiting(
    'query-malformed',
    'asks queries that do not exist, and the run’s own with arguments that make no sense',
    async ({ client }, run) => {
      const handle = client.workflow.getHandle(run.workflowId);
      const queries: [name: string, argument: unknown][] = [
        ['no-such-query', null],
        ['transcript', null],
        ['transcript', { from: 'x' }],
        ['transcript', { from: -1e300 }],
        ['vote-status', { digest: [] }],
        ['vote-status', '__proto__'],
      ];
      for (const [name, argument] of queries) await handle.query(name, argument).catch(() => undefined);
    },
  ),
];

export const signals = all.map((one): AttackCase => (floods.has(one.id) ? { ...one, flood: true } : one));

async function flood(stage: Stage, run: StartedRun, count: number): Promise<void> {
  const small = payloadsOf({ junk: true });
  const lane = async (): Promise<void> => {
    for (let index = 0; index < count / 20; index += 1) await signal(stage, run, 'vote', small);
  };
  await Promise.all(Array.from({ length: 20 }, lane));
}
