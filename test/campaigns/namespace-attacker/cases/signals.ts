/** Signals, updates and queries to a run that waits for an approval: whatever they are, an honest vote still counts. */
import { type AttackCase, send, sent } from '../case.ts';
import { forge } from '../forged.ts';
import { payloadsOf } from '../stolen-tasks.ts';
import { bytes, json, onWaiting, type Payloads, signal } from '../waiting-run.ts';

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

export const signals: readonly AttackCase[] = [
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
