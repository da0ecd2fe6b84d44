/** A worker without keys takes activity tasks, and a client starts activities that belong to no run. */
import { type AttackCase, send, sent } from '../case.ts';
import { payloadsOf, stealActivityTask, thief } from '../stolen-tasks.ts';
import { inDoubt, onTool } from '../approved-call.ts';

export const stolenActivities: readonly AttackCase[] = [
  onTool(
    'stolen-activity-result',
    'takes the execution of an approved call and answers it as if it were the tools worker',
    async (stage, { tools }) => {
      const { taskToken } = await stealActivityTask(stage, tools);
      const { client, namespace } = stage;
      const result = payloadsOf({
        kind: 'receipt',
        receipt: { body: { outcome: 'succeeded', labels: [] } },
        output: { text: 'sent', truncated: false },
      });
      await client.workflowService.respondActivityTaskCompleted({ namespace, taskToken, identity: thief, result });
    },
    { effects: 0, shows: { verdict: 'differs', by: ['shape'] } },
  ),
  {
    id: 'stolen-activity-held',
    attack: 'takes the execution of an approved call and never answers',
    ends: 'itself',
    effects: 1,
    shows: inDoubt,
    async play(stage) {
      const tools = stage.lonelyQueue('tools');
      const run = await stage.victim([send, sent], { tools });
      await run.castVote(await run.ask());
      await stealActivityTask(stage, tools);
      await stage.serve(['tools'], { tools });
      // Its heartbeat runs out after 10 s; nothing had started, and a person is asked again about an effect.
      await run.castVote(await run.ask(1));
      return run;
    },
  },
  {
    id: 'stolen-activity-model',
    attack: 'takes the call of the model and never answers',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', because: 'its heartbeat runs out after 10 s and it is asked again' },
    async play(stage) {
      const model = stage.lonelyQueue('model');
      const run = await stage.victim([send, sent], { model });
      await stealActivityTask(stage, model);
      await stage.serve(['model'], { model });
      await run.castVote(await run.ask());
      return run;
    },
  },
  {
    id: 'standalone-every-type',
    attack: 'starts an activity of every type by itself, with what a genuine run was given',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', because: 'none of them belongs to a run' },
    async play(stage) {
      const run = await stage.victim([send, sent]);
      const ask = await run.ask();
      const { workflowId } = run;
      const inputs: [string, unknown][] = [
        ['openRun', await stage.harness.door.runInput(workflowId)],
        ['checkCall', { turn: 1, index: 0, tool: 'send', argumentsText: '{"name":"all"}' }],
        ['verifyVotes', { votes: [stage.harness.desk.vote(ask)] }],
        ['callModel', { turn: 1, head: 'x', count: 1 }],
        ['compactTranscript', { turn: 1, head: 'x', count: 1, covers: 1 }],
        ['runTool', { permit: ask.ask, arguments: '{"name":"all"}', votes: [] }],
        ['notifyApprovers', { workflowId, nonce: ask.nonce }],
        ['closeRun', { outcome: 'completed', turns: 1, calls: [] }],
      ];
      for (const [type, input] of inputs) {
        await stage.attacker.standalone(type, stage.harness.taskQueues.tools, input).catch(() => undefined);
      }
      if ((await stage.harness.store.getRun(workflowId))?.closedAt !== null) throw new Error('the run was closed');
      await run.castVote(ask);
      return run;
    },
  },
];
