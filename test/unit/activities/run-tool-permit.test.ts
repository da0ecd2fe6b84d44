/** P1: no tool starts without a signed decision for exactly that call. One tampered thing a test. */
import { describe, expect, test } from 'vitest';
import { createRunTool } from '../../../activities/run-tool.ts';
import type { PermitBody, SignedDecision } from '../../../core/contracts/decision.ts';
import { digestText } from '../../../core/digest.ts';
import { createWorld, otherUuid, start, type World } from './run-tool-world.ts';

type Setting = (world: World) => Promise<{ kind: string; code?: string }>;
const withBody =
  (over: (world: World) => Partial<PermitBody>): Setting =>
  (world) =>
    world.run(world.sign(world.permitBody('execute', over(world))));

const refused: [string, string, Setting][] = [
  [
    'without a permit',
    'permit-forged',
    (world) =>
      createRunTool(world.dependencies)({
        permit: null as unknown as SignedDecision,
        arguments: world.args,
        votes: [],
      }),
  ],
  [
    'with a permit whose body was changed',
    'permit-forged',
    (world) => {
      const permit = world.sign(world.permitBody());
      return world.run({ ...permit, body: { ...permit.body, try: 2 } });
    },
  ],
  [
    'with a permit that another domain’s key signed',
    'permit-forged',
    (world) => {
      const permit = world.sign(world.permitBody());
      return world.run({ ...permit, kid: world.vote('ana').kid });
    },
  ],
  [
    'with a permit of another audience',
    'permit-forged',
    (world) => world.run(world.sign(world.permitBody(), { expiresAt: start + 1000 }, 'staging')),
  ],
  [
    'with a permit of a revoked key',
    'permit-forged',
    (world) => {
      const permit = world.sign(world.permitBody());
      const key = world.keys.get(permit.kid);
      if (key) key.revokedAt = start + 1;
      return world.run(permit);
    },
  ],
  [
    'with a permit that has more than was signed',
    'permit-forged',
    (world) => {
      const permit = world.sign(world.permitBody());
      return world.run({ ...permit, body: { ...permit.body, extra: 1 } as never });
    },
  ],
  [
    'with a forged permit that has expired',
    'permit-forged',
    (world) => {
      const permit = world.sign(world.permitBody(), { expiresAt: start - 1 });
      return world.run({ ...permit, issuedAt: 1 });
    },
  ],
  [
    'with a decision that denies',
    'not-a-permit',
    (world) => {
      const { activityId: _a, taskQueue: _t, targetStateDigest: _s, approval: _p, ...common } = world.permitBody();
      return world.run(world.sign({ ...common, verdict: 'deny', nonce: null, outcome: null }));
    },
  ],
  [
    'with a decision that asks',
    'not-a-permit',
    (world) => {
      const { activityId: _a, taskQueue: _t, targetStateDigest: _s, approval: _p, ...common } = world.permitBody();
      const terms = {
        name: 'default',
        approvers: { roles: [], principals: ['bo'] },
        quorum: 1,
        deadlineMs: 1,
        executeWithinMs: 1,
        requesterMayApprove: false,
        reasonRequired: false,
      };
      const ask = {
        nonce: otherUuid,
        approvalId: 'a',
        kind: 'call',
        callKeys: [common.callKey],
        terms,
        termsDigest: common.policyDigest,
        cardDigest: common.policyDigest,
        askedAt: start,
        deadlineAt: start,
        executeWithinMs: 1,
      };
      return world.run(world.sign({ ...common, verdict: 'ask', ask }));
    },
  ],
  ['with a permit without an end', 'permit-endless', (world) => world.run(world.sign(world.permitBody(), {}))],
  ['with a permit of another run', 'other-run', withBody(() => ({ workflowId: `run-${otherUuid}` }))],
  ['with a permit whose call is of another run', 'other-run', withBody(() => ({ callKey: `run-${otherUuid}/3.0` }))],
  [
    'with a permit of another activity',
    'other-activity',
    (world) => {
      world.facts.activityId = '9';
      return world.run(world.sign(world.permitBody()));
    },
  ],
  ['with a permit of another queue', 'other-queue', withBody(() => ({ taskQueue: 'other' }))],
  [
    'with a permit of another call',
    'other-call',
    withBody((world) => ({ activityId: world.permitBody().activityId.replace('3.0', '3.1') })),
  ],
  [
    'with a permit whose activity id names another try',
    'other-call',
    withBody((world) => ({ try: 2, activityId: world.permitBody().activityId })),
  ],
  [
    'with a permit whose activity id names another purpose',
    'other-call',
    withBody((world) => ({ purpose: 'execute', activityId: world.permitBody('dry-run').activityId })),
  ],
  [
    'with other arguments',
    'other-arguments',
    (world) => world.run(world.sign(world.permitBody()), { arguments: '{"force":true,"service":"web"}' }),
  ],
  [
    'with the same arguments written otherwise',
    'other-arguments',
    (world) => world.run(world.sign(world.permitBody()), { arguments: ` ${world.args}` }),
  ],
  [
    'with a permit for arguments that are not canonical',
    'other-arguments',
    (world) => {
      const text = '{"service":"web"}';
      return world.run(world.sign(world.permitBody('execute', { argumentsDigest: digestText('arguments', text) })), {
        arguments: text,
      });
    },
  ],
  [
    'for a probe that the tool does not have',
    'other-purpose',
    (world) => world.run(world.sign(world.permitBody('probe'))),
  ],
  [
    'for a target state that the tool does not have',
    'other-purpose',
    (world) => world.run(world.sign(world.permitBody('target-state'))),
  ],
];

const notStarted: [string, string, Setting][] = [
  ['with a permit of another link', 'other-link', withBody(() => ({ linkRunId: otherUuid }))],
  [
    'with an expired permit',
    'permit-expired',
    (world) => world.run(world.sign(world.permitBody(), { expiresAt: start - 1 })),
  ],
  [
    'with a permit of the future',
    'permit-early',
    (world) => world.run(world.sign(world.permitBody(), { expiresAt: start + 9, notBefore: start + 5 })),
  ],
  [
    'with an approval past its executeBy',
    'approval-stale',
    withBody((world) => ({ approval: { ...world.approval(), executeByAt: start - 1 } })),
  ],
  [
    'with a permit of another tool definition',
    'tool-changed',
    withBody((world) => ({ tool: { name: 'restart', definitionDigest: world.permitBody().policyDigest } })),
  ],
  [
    'with a permit of a tool that is gone',
    'tool-changed',
    (world) => {
      world.dependencies.tools = { get: () => undefined, list: () => [] };
      return world.run(world.sign(world.permitBody()));
    },
  ],
  [
    'with a permit of an old build',
    'old-build',
    (world) => {
      world.dependencies.minimumBuild = (buildId) => buildId !== 'b1';
      return world.run(world.sign(world.permitBody()));
    },
  ],
  [
    'while the fleet is frozen',
    'frozen',
    (world) => {
      world.order({ kind: 'freeze', by: 'ana', reason: 'x' });
      return world.run(world.sign(world.permitBody('execute', { freezeEpoch: 1 })));
    },
  ],
  [
    'with a permit from before a freeze that was thawed',
    'frozen',
    (world) => {
      world.order({ kind: 'freeze', by: 'ana', reason: 'x' });
      world.order({ kind: 'thaw', by: 'ana', reason: 'x' });
      return world.run(world.sign(world.permitBody()));
    },
  ],
  [
    'in a link that is closed',
    'run-not-running',
    (world) => {
      world.described.status = 'closed';
      return world.run(world.sign(world.permitBody()));
    },
  ],
  [
    'in a link that does not exist',
    'run-not-running',
    (world) => {
      world.described.status = 'not-found';
      return world.run(world.sign(world.permitBody()));
    },
  ],
  [
    'in a run that is being cancelled',
    'run-cancelled',
    (world) => {
      world.described.cancelRequested = true;
      return world.run(world.sign(world.permitBody()));
    },
  ],
  ['with a permit of another epoch', 'other-epoch', withBody(() => ({ runEpoch: 1 }))],
  [
    'while the store is down',
    'store-unavailable',
    (world) => {
      world.memory.down.set('listControl', 'before');
      world.memory.down.set('getFence', 'before');
      return world.run(world.sign(world.permitBody()));
    },
  ],
];

describe('run-tool refuses for good and reports an incident', () => {
  test.each(refused)('%s', async (_, code, act) => {
    const world = createWorld();
    expect(await act(world)).toMatchObject({ kind: 'refused', code });
    expect(world.executed).toEqual([]);
    expect(world.memory.fences.size).toBe(0);
    expect(world.incidents).toContain(code);
  });

  test('when it was started outside an agent run', async () => {
    const world = createWorld();
    world.dependencies.readActivityFacts = () => ({ kind: 'no-workflow' });
    expect(await world.run(world.sign(world.permitBody()))).toMatchObject({ kind: 'refused', code: 'not-in-workflow' });
    expect(world.executed).toEqual([]);
  });

  test.each([[null], [undefined], ['x'], [{}], [{ permit: {}, arguments: 1 }]])(
    'when its input is %j',
    async (input) => {
      const world = createWorld();
      expect(await createRunTool(world.dependencies)(input as never)).toMatchObject({
        kind: 'refused',
        code: 'permit-forged',
      });
    },
  );
});

describe('X4 port: run-tool does not start', () => {
  test.each(notStarted)('%s', async (_, code, act) => {
    const world = createWorld();
    expect(await act(world)).toMatchObject({ kind: 'not-started', code });
    expect(world.executed).toEqual([]);
    expect(world.memory.calls).not.toContain('reserveFence');
    expect(world.incidents).toEqual([]);
  });

  test('before its permit is valid, and does from then on', async () => {
    const world = createWorld();
    const permit = world.sign(world.permitBody(), { expiresAt: start + 9, notBefore: start });
    expect(await world.run(permit)).toMatchObject({ kind: 'receipt' });
  });
});
