/**
 * A namespace writer without keys schedules our activities with any input, from runs of its own, from runs it took over,
 * and standalone (P1, P5). The permits here are signed with the real key, so that each case is refused for its own reason.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckCallInput } from '../../core/contracts/activities.ts';
import type { PermitBody, SignedDecision } from '../../core/contracts/decision.ts';
import { activityIdOf, callKeyOf } from '../../core/contracts/call-names.ts';
import { digestJson, digestText } from '../../core/digest.ts';
import { sealEnvelope } from '../../core/envelope.ts';
import { type Attacker, type AttemptOutcome, startAttacker } from '../support/attacker.ts';
import { firstPass } from '../support/first-pass.ts';
import { audience, type Harness, startHarness } from '../support/harness.ts';
import { effectsIn } from '../support/test-tools.ts';

const args = '{"name":"target"}';

/** A run that the attacker plays, with a ticket that was claimed as it should be. */
interface TakenRun {
  workflowId: string;
  linkRunId: string;
}

describe('an attacker with access to the namespace', () => {
  let harness: Harness;
  let attacker: Attacker;
  beforeAll(async () => {
    harness = await startHarness();
    attacker = await startAttacker(harness.door.client);
  });
  afterAll(async () => {
    await attacker.stop();
    await harness.stop();
  });

  async function takeRun(): Promise<TakenRun> {
    const ticket = harness.desk.ticket(harness.pack, 'taken over', harness.taskQueues);
    const { workflowId } = ticket.body;
    const linkRunId = await attacker.start(workflowId);
    const ticketDigest = digestJson('ticket', ticket);
    await harness.store.claimTicket({ ticket, ticketDigest, linkRunId, now: Date.now() });
    return { workflowId, linkRunId };
  }

  function permitBody(run: TakenRun, changes: Partial<PermitBody> = {}): PermitBody {
    const tool = harness.pack.tools.get('send');
    const argumentsDigest = digestText('arguments', args);
    const named = { callKey: callKeyOf(run.workflowId, 1, 0), try: 1, pass: 1, purpose: 'execute' as const };
    return {
      ...run,
      ...named,
      runEpoch: 0,
      freezeEpoch: 0,
      tool: { name: 'send', definitionDigest: tool?.definitionDigest ?? null },
      argumentsDigest,
      principal: 'rita',
      labels: [],
      rules: [],
      findings: [],
      risk: 'low',
      policyDigest: harness.pack.policyDigest,
      activePolicyDigest: harness.pack.policyDigest,
      buildId: 'test',
      previousDecision: null,
      verdict: 'allow',
      activityId: activityIdOf({ ...named, tool: 'send', argumentsDigest }),
      taskQueue: harness.taskQueues.tools,
      targetStateDigest: null,
      approval: null,
      ...changes,
    };
  }

  function sign(body: PermitBody, lifeMs = 30_000): SignedDecision {
    const now = Date.now();
    const times = { issuedAt: Math.min(now, now + lifeMs), expiresAt: now + lifeMs };
    return sealEnvelope(harness.keys.signer('decision'), 'decision', audience, body, times) as SignedDecision;
  }

  async function execute(
    run: TakenRun,
    permit: unknown,
    changes: { activityId?: string; arguments?: string } = {},
  ): Promise<AttemptOutcome> {
    return await attacker.schedule(run.workflowId, {
      activityType: 'runTool',
      activityId: changes.activityId ?? permitBody(run).activityId,
      taskQueue: harness.taskQueues.tools,
      input: { permit, arguments: changes.arguments ?? args, votes: [] },
    });
  }

  function effects(run: TakenRun): string[] {
    return effectsIn(harness.folder).filter((line) => line.includes(run.workflowId));
  }

  async function expectNotRun(run: TakenRun, attempt: Promise<AttemptOutcome>, code: string): Promise<void> {
    expect((await attempt).result).toMatchObject({ code });
    expect(effects(run)).toEqual([]);
  }

  it('runs a tool once with a real permit for exactly this activity: the control of the cases below', async () => {
    const run = await takeRun();
    const permit = sign(permitBody(run));
    expect((await execute(run, permit)).result).toMatchObject({ kind: 'receipt' });
    expect(effects(run)).toEqual([`send target ${run.workflowId}/1.0 1`]);
  });

  it('P5 gets the recorded receipt for a permit that was used, and no second effect', async () => {
    const run = await takeRun();
    const permit = sign(permitBody(run));
    const first = await execute(run, permit);
    const second = await execute(run, permit);
    expect(second.result).toEqual(first.result);
    expect(effects(run)).toHaveLength(1);
  });

  it('P5 cannot use one approval for a second try', async () => {
    const run = await takeRun();
    const approval = {
      approvalId: `${run.workflowId}/1.0/1`,
      nonce: randomUUID(),
      askDigest: digestText('decision', 'ask'),
      voteDigests: [digestText('decision', 'vote')],
      executeByAt: Date.now() + 30_000,
    };
    await execute(run, sign(permitBody(run, { approval })));
    const named = { ...permitBody(run), try: 2 };
    const activityId = activityIdOf({ ...named, tool: 'send', argumentsDigest: digestText('arguments', args) });
    const permit = sign(permitBody(run, { approval, try: 2, activityId }));
    expect((await execute(run, permit, { activityId })).result).toMatchObject({ code: 'approval-used' });
    expect(effects(run)).toHaveLength(1);
  });

  it('P1 runs nothing without a permit', async () => {
    const run = await takeRun();
    await expectNotRun(run, execute(run, null), 'permit-forged');
  });

  it('P1 runs nothing with a permit signed by another key than the gate’s', async () => {
    const run = await takeRun();
    const signed = sign(permitBody(run));
    const now = Date.now();
    const times = { issuedAt: now, expiresAt: now + 30_000 };
    const forged = sealEnvelope(harness.keys.signer('vote'), 'vote', audience, signed.body, times);
    await expectNotRun(run, execute(run, { ...forged, domain: 'decision' }), 'permit-forged');
  });

  it('P1 runs nothing with a decision that asks or denies', async () => {
    const run = await takeRun();
    const { activityId, taskQueue, targetStateDigest, approval, ...common } = permitBody(run);
    const body = { ...common, verdict: 'deny' as const, nonce: null, outcome: null };
    const denial = sealEnvelope(harness.keys.signer('decision'), 'decision', audience, body, { issuedAt: Date.now() });
    expect([activityId, taskQueue, targetStateDigest, approval]).toHaveLength(4);
    await expectNotRun(run, execute(run, denial), 'not-a-permit');
  });

  it('P1 runs nothing with a permit of another run', async () => {
    const [run, other] = [await takeRun(), await takeRun()];
    await expectNotRun(run, execute(run, sign(permitBody(other))), 'other-run');
  });

  it('P1 runs nothing with a permit of another link', async () => {
    const run = await takeRun();
    await expectNotRun(run, execute(run, sign(permitBody({ ...run, linkRunId: randomUUID() }))), 'other-link');
  });

  it('P1 runs nothing with a permit of a run that was terminated and started anew under its id', async () => {
    const run = await takeRun();
    const permit = sign(permitBody(run));
    await harness.door.client.workflow.getHandle(run.workflowId).terminate();
    await attacker.start(run.workflowId);
    await expectNotRun(run, execute(run, permit), 'other-link');
  });

  it('P1 runs nothing with a permit of another activity', async () => {
    const run = await takeRun();
    await expectNotRun(run, execute(run, sign(permitBody(run)), { activityId: 'mine' }), 'other-activity');
  });

  it('P1 runs nothing with a permit whose activity is of another call', async () => {
    const run = await takeRun();
    const callKey = callKeyOf(run.workflowId, 2, 0);
    await expectNotRun(run, execute(run, sign(permitBody(run, { callKey }))), 'other-call');
  });

  it('P1 runs nothing with other arguments', async () => {
    const run = await takeRun();
    const attempt = execute(run, sign(permitBody(run)), { arguments: '{"name":"other"}' });
    await expectNotRun(run, attempt, 'other-arguments');
  });

  it('P1 runs nothing with the same arguments in other bytes', async () => {
    const run = await takeRun();
    const attempt = execute(run, sign(permitBody(run)), { arguments: '{"name": "target"}' });
    await expectNotRun(run, attempt, 'other-arguments');
  });

  it('P1 runs nothing with a permit of another definition of the tool', async () => {
    const run = await takeRun();
    const tool = { name: 'send', definitionDigest: digestText('arguments', 'older') };
    await expectNotRun(run, execute(run, sign(permitBody(run, { tool }))), 'tool-changed');
  });

  it('P1 runs nothing with a permit for another purpose', async () => {
    const run = await takeRun();
    const purpose = 'probe';
    const named = {
      ...permitBody(run),
      purpose,
      tool: 'send',
      argumentsDigest: digestText('arguments', args),
    } as const;
    const activityId = activityIdOf(named);
    const permit = sign(permitBody(run, { purpose, activityId }));
    expect((await execute(run, permit, { activityId })).result).toMatchObject({
      receipt: { body: { purpose: 'probe', probe: 'did-not-happen' } },
    });
    expect(effects(run)).toEqual([]);
    await expectNotRun(run, execute(run, sign(permitBody(run, { purpose }))), 'other-call');
  });

  it('P1 runs nothing with a permit for another queue', async () => {
    const run = await takeRun();
    await expectNotRun(run, execute(run, sign(permitBody(run, { taskQueue: 'another' }))), 'other-queue');
  });

  it('P1 runs nothing with a permit that has expired', async () => {
    const run = await takeRun();
    await expectNotRun(run, execute(run, sign(permitBody(run), -1)), 'permit-expired');
  });

  it('P1 runs nothing with an approval that was not used in time', async () => {
    const run = await takeRun();
    const approval = {
      approvalId: `${run.workflowId}/1.0/1`,
      nonce: randomUUID(),
      askDigest: digestText('decision', 'ask'),
      voteDigests: [digestText('decision', 'vote')],
      executeByAt: Date.now() - 1,
    };
    await expectNotRun(run, execute(run, sign(permitBody(run, { approval }))), 'approval-stale');
  });

  it('P1 runs nothing in a standalone activity, not even with a real permit', async () => {
    const run = await takeRun();
    const input = { permit: sign(permitBody(run)), arguments: args, votes: [] };
    const result = await attacker.standalone('runTool', harness.taskQueues.tools, input);
    expect(result).toMatchObject({ code: 'not-in-workflow' });
    expect(effects(run)).toEqual([]);
  });

  describe('asks the gate itself', () => {
    function gateInput(): CheckCallInput {
      return {
        ...firstPass,
        tool: 'restart',
        argumentsText: args,
        nonce: randomUUID(),
        workflowTimeAt: Date.now(),
      };
    }

    it('P1 gets no permit from check-call as an activity of a run', async () => {
      const run = await takeRun();
      const taskQueue = harness.taskQueues.agent;
      const attempt = { activityType: 'checkCall', activityId: 'forged', taskQueue, input: gateInput() };
      expect((await attacker.schedule(run.workflowId, attempt)).result).toMatchObject({
        kind: 'refused',
        code: 'run-refused',
      });
      expect(await harness.store.listDecisions(run.workflowId)).toEqual([]);
    });

    it('P1 gets no permit from check-call as a standalone activity', async () => {
      const result = await attacker.standalone('checkCall', harness.taskQueues.agent, gateInput());
      expect(result).toMatchObject({ kind: 'refused', code: 'run-refused' });
    });

    it('P1 opens no run through open-run as an activity', async () => {
      const run = await takeRun();
      const ticket = harness.desk.ticket(harness.pack, 'another', harness.taskQueues);
      const input = { ticket, input: 'another', firstRunId: run.linkRunId };
      const taskQueue = harness.taskQueues.agent;
      const attempt = { activityType: 'openRun', activityId: 'forged', taskQueue, input };
      expect((await attacker.schedule(run.workflowId, attempt)).result).toMatchObject({ kind: 'refused' });
      expect(await harness.store.getRun(ticket.body.workflowId)).toBeNull();
    });
  });
});
