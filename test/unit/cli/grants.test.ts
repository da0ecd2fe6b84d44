/** `approve --grant` and `grants`: what is sent is what was typed and shown; what cannot be meant sends nothing. */
import { describe, expect, test } from 'vitest';
import type { GrantView } from '../../../client/grant-schemas.ts';
import { applied, gatewayWith, grantPreview, sent } from './approval-gateway.ts';
import { runCli, startFakeGateway } from './run-cli.ts';
import { approval, nonce } from './views.ts';

const grantId = 'k3v9x0a1b2c3';
const grantDigest = `sha256:${'a'.repeat(64)}`;
const lines = [{ label: 'argument', text: 'service is like "web-*"' }];
const { approvers } = approval();
const view = approval({
  approvers: { ...approvers, quorum: 2, grants: { ttlMs: 7_200_000, uses: 20, risk: 'high', scope: 'agent' } },
  grants: [{ grantId, grantDigest, proposedBy: 'bob', approvals: ['bob'], takenBack: [], lines }],
});
const short = nonce.slice(0, 8);

test('a withdrawal says that the grant proposed with the request has lost it, also where it came too late for the call', async () => {
  const gateway = await gatewayWith(view);
  gateway.on('POST', `/v1/approvals/${view.nonce}/withdrawals`, () => ({ ...applied, status: 'late', outcome: null }));
  const { exit, stdout } = await runCli(['withdraw', view.nonce], gateway);
  expect(exit).toBe(5);
  expect(stdout).toContain(`grant ${grantId}: no longer approved by you`);
});

describe('approve --grant', () => {
  test('sends what was typed and says what it covers before it asks', async () => {
    const gateway = await gatewayWith(view, { ...applied, outcome: null, grantId });
    const line = ['approve', short, '--grant', '--like', 'service=web-*', '--like', 'service=db-*'];
    const more = [
      '--one-of',
      'replicas=[1,2]',
      '--uses',
      '5',
      '--for',
      '30m',
      '--scope',
      'agent',
      '--label',
      'operator',
    ];
    const { exit, stdout, stderr } = await runCli([...line, ...more], { ...gateway, answers: ['y'] });
    expect(exit).toBe(0);
    expect(sent(gateway)).toMatchObject([
      {
        grant: {
          propose: {
            arguments: { service: { like: ['web-*', 'db-*'] }, replicas: { oneOf: [1, 2] } },
            uses: 5,
            ttlMs: 1_800_000,
            scope: 'agent',
            labels: ['operator'],
          },
          shown: grantPreview.coverageDigest,
        },
      },
    ]);
    expect(stderr).toContain('calls like it run from now on without being asked');
    expect(stderr).toContain('  argument    service is like "web-*"');
    expect(stdout).toContain(`--grant ${grantId}`);
  });

  test('alone is for one call of exactly these arguments, for an hour at most', async () => {
    const gateway = await gatewayWith(view, { ...applied, grantId });
    expect((await runCli(['approve', short, '--grant', '--yes'], gateway)).exit).toBe(0);
    expect(sent(gateway)).toMatchObject([{ grant: { propose: { arguments: {}, uses: 1, ttlMs: 3_600_000 } } }]);
  });

  test('for riskier calls asks for the word that those need, and --yes does not stand for it', async () => {
    const gateway = await gatewayWith(view, { ...applied, grantId });
    const preview = { ...grantPreview, risk: 'high', confirmation: 'yes' };
    gateway.on('POST', `/v1/approvals/${view.nonce}/grant-previews`, () => preview);
    const line = ['approve', short, '--grant', '--risk', 'high', '--yes'];
    expect((await runCli(line, { ...gateway, answers: ['y'] })).exit).toBe(5);
    expect(sent(gateway)).toEqual([]);
    expect((await runCli(line, { ...gateway, answers: ['yes'] })).exit).toBe(0);
    expect(sent(gateway)).toMatchObject([{ confirmation: 'yes' }]);
  });

  test('with an id approves the grant that was shown with the card, by its digest', async () => {
    const gateway = await gatewayWith(view, { ...applied, grantId });
    const { exit, stderr } = await runCli(['approve', short, '--grant', grantId, '--yes'], gateway);
    expect(exit).toBe(0);
    expect(stderr).toContain(`${grantId} is proposed beside this call, approved by bob so far`);
    expect(stderr).toContain('service is like "web-*"');
    expect(sent(gateway)).toMatchObject([{ grant: { sign: grantDigest } }]);
  });

  test('nothing is granted without it', async () => {
    const gateway = await gatewayWith(view);
    await runCli(['approve', short, '--yes'], gateway);
    expect(sent(gateway)).toHaveLength(1);
    expect(sent(gateway)[0]).not.toHaveProperty('grant');
  });

  test.each<[string, string[]]>([
    ['what a grant covers without --grant', ['--like', 'service=web-*']],
    ['a change of one that was proposed', ['--grant', grantId, '--uses', '9']],
    ['one that is not proposed', ['--grant', 'aaaaaaaaaaaa']],
    ['a pattern of no argument', ['--grant', '--like', 'web-*']],
    ['a list that is none', ['--grant', '--one-of', 'replicas=1,2']],
    ['an argument said twice', ['--grant', '--like', 'a=x*', '--one-of', 'a=[1]']],
    ['no duration', ['--grant', '--for', 'soon']],
    ['no count', ['--grant', '--uses', 'many']],
  ])('refuses %s and sends nothing', async (_, options) => {
    const gateway = await gatewayWith(view);
    expect((await runCli(['approve', short, ...options, '--yes'], gateway)).exit).toBe(2);
    expect(sent(gateway)).toEqual([]);
  });

  test.each(['0', '1001', 'many', '-1'])('says from where to where the number of uses goes, for %s', async (uses) => {
    const gateway = await gatewayWith(view);
    const { exit, stderr } = await runCli(['approve', short, '--grant', `--uses=${uses}`, '--yes'], gateway);
    expect(exit).toBe(2);
    expect(stderr).toContain('--uses: expected a whole number from 1 to 1000');
    expect(sent(gateway)).toEqual([]);
  });

  test('refuses a grant where the terms allow none', async () => {
    const gateway = await gatewayWith();
    expect((await runCli(['approve', short, '--grant', '--yes'], gateway)).exit).toBe(2);
    expect(sent(gateway)).toEqual([]);
  });
});

describe('grants', () => {
  const grant: GrantView = {
    grantId,
    grantDigest,
    proposedBy: 'bob',
    approvals: ['bob', 'carol'],
    takenBack: ['dave'],
    lines,
    state: 'standing',
    agent: 'ops',
    environment: 'production',
    tool: 'restart_service',
    scope: 'run',
    workflowId: view.workflowId,
    nonce,
    quorum: 2,
    uses: 5,
    grantedAt: 1,
    expiresAt: 2,
    used: [{ number: 1, callKey: view.callKey, try: 1, at: 1 }],
    revoked: null,
  };

  test('list and show say what they cover, who approved them and each use', async () => {
    const gateway = await startFakeGateway();
    gateway.on('GET', '/v1/grants', () => ({ grants: [grant] }));
    gateway.on('GET', `/v1/grants/${grantId}`, () => grant);
    for (const line of [['list'], ['show', grantId]]) {
      const { exit, stdout } = await runCli(['grants', ...line], gateway);
      expect(exit).toBe(0);
      expect(stdout).toContain(`Grant ${grantId}: standing, 1 of 5 used`);
      expect(stdout).toContain('service is like "web-*"');
      expect(stdout).toContain('bob, carol; taken back by dave; 2 needed');
      expect(stdout).toContain(view.callKey);
    }
  });

  test.each(['show', 'revoke'])('%s of what is no id says that there is none, and asks nobody', async (command) => {
    const gateway = await startFakeGateway();
    const { exit, stderr } = await runCli(['grants', command, 'nosuch'], gateway);
    expect(exit).toBe(3);
    expect(stderr).toContain('grants list');
    expect(gateway.requests).toEqual([]);
  });

  test('revoke sends its reason and says by whom it is revoked', async () => {
    const gateway = await startFakeGateway();
    const revoked = { ...grant, state: 'revoked', revoked: { by: 'carol', reason: 'over' } };
    gateway.on('POST', `/v1/grants/${grantId}/revocations`, () => revoked);
    const { exit, stdout } = await runCli(['grants', 'revoke', grantId, '--reason', 'over'], gateway);
    expect(exit).toBe(0);
    expect(sent(gateway)).toEqual([{ reason: 'over' }]);
    expect(stdout).toContain('revoked by carol; 1 of 5 were used');
  });
});
