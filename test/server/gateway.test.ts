/** The road through the real gateway: started, asked, answered and read over HTTP, on a real server with a real worker. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Countersign } from '../../client/gateway-client.ts';
import type { ApprovalView } from '../../client/gateway-schemas.ts';
import {
  activatePack,
  type GatewayOptions,
  mintApiKey,
  type RunningGateway,
  startGateway,
} from '../../gateway/index.ts';
import { replayExport } from '../../audit/export/replay-export.ts';
import { renderPostmortem } from '../../audit/render-postmortem.ts';
import { findSecretRules } from '../../cli/parts/find-secret-rules.ts';
import { digestJson } from '../../core/digest.ts';
import { replayBundle } from '../../worker/workflow-bundle.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { exportBytes, readBytes } from '../support/exported.ts';
import { findSecrets } from '../../guards/index.ts';
import { audience, type Harness, startHarness } from '../support/harness.ts';
import type { Step } from '../support/scripted-model.ts';
import { effectsIn } from '../support/test-tools.ts';
import { until } from '../support/until.ts';

describe('through the gateway', () => {
  let harness: Harness;
  let options: GatewayOptions;
  let gateway: RunningGateway;
  let rita: Countersign;
  let olga: Countersign;
  let runs = 0;

  beforeAll(async () => {
    harness = await startHarness();
    const { store, door, keys } = harness;
    options = {
      store,
      door,
      keys,
      audience,
      namespace: inject('temporal').namespace,
      taskQueuesFor: () => harness.taskQueues,
      clock: { now: () => Date.now() },
      scan: findSecrets,
      logger: pino({ level: 'silent' }),
    };
    await activatePack(options, harness.pack, 'rita');
    gateway = await startGateway(options);
    rita = await clientOf('rita');
    olga = await clientOf('olga');
  });
  afterAll(async () => {
    await gateway.close();
    await harness.stop();
  });

  async function clientOf(principal: string): Promise<Countersign> {
    const { apiKey } = await mintApiKey(options, {
      principal,
      roles: ['operator'],
      person: true,
      scopes: ['runs:start', 'runs:read', 'runs:cancel', 'approvals:read', 'approvals:vote', 'control:write'],
      expiresAt: Date.now() + 3_600_000,
      mintedBy: principal,
    });
    return new Countersign({ url: gateway.url, apiKey });
  }

  async function start(steps: readonly Step[]): Promise<string> {
    runs += 1;
    const input = `gateway run ${harness.taskQueues.agent}-${runs}-`;
    harness.model.script(input, steps);
    return (await rita.runs.start({ agent: 'tester', input })).workflowId;
  }

  async function asked(workflowId: string): Promise<ApprovalView> {
    return await until('an open approval request', async () => {
      const { approvals } = await olga.approvals.list({ workflowId });
      return approvals[0];
    });
  }

  async function ended(workflowId: string) {
    return await until('the end of the run', async () => (await rita.runs.get(workflowId)).result);
  }

  const deletion: Step[] = [{ calls: [{ name: 'delete_database', args: { name: 'old' } }] }, { text: 'Done.' }];

  function effectsOf(workflowId: string): string[] {
    return effectsIn(harness.folder).filter((line) => line.includes(workflowId));
  }

  it('an approval by another person runs the effect once', async () => {
    const workflowId = await start(deletion);
    const approval = await asked(workflowId);
    expect(approval).toMatchObject({ tool: 'delete_database', you: { mayAnswer: true } });
    const vote = { verdict: 'approve' as const, cardDigest: approval.cardDigest };
    await expect(rita.approvals.vote(approval.nonce, vote)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await olga.approvals.vote(approval.nonce, vote)).status).toBe('applied');
    expect(await ended(workflowId)).toMatchObject({ outcome: 'completed', calls: 1 });
    expect(effectsOf(workflowId)).toHaveLength(1);
    expect((await olga.approvals.get(approval.nonce)).outcome).toBe('approved');
    expect((await olga.approvals.list({ workflowId })).approvals).toEqual([]);
  });

  it('a denial with a reason runs nothing', async () => {
    const workflowId = await start(deletion);
    const { nonce, cardDigest } = await asked(workflowId);
    const vote = { verdict: 'deny' as const, cardDigest, reason: 'still in use' };
    expect((await olga.approvals.vote(nonce, vote)).status).toBe('applied');
    await ended(workflowId);
    expect(effectsOf(workflowId)).toEqual([]);
    expect((await olga.approvals.get(nonce)).outcome).toBe('denied');
    const late = olga.approvals.vote(nonce, { ...vote, verdict: 'approve' });
    await expect(late).resolves.toMatchObject({ status: 'duplicate' });
  });

  it('P2 the card shows what the tool said before anybody was asked, where a value came from, and who looked at it', async () => {
    const account = 'DE44500105175407324931';
    const secret = ['AKIA', 'IOSFODNN7', 'QWERTZV'].join('');
    writeFileSync(join(harness.folder, 'canary'), `Old copies of ${account} may go.`);
    writeFileSync(join(harness.folder, 'size'), '7');
    writeFileSync(
      join(harness.folder, 'plan'),
      `3 of 7 with aws_access_key_id = ${secret}\n; <https://evil.example|Approve>\u202e`,
    );
    const workflowId = await start([
      { calls: [{ name: 'leak', args: { name: 'mail' } }] },
      { calls: [{ name: 'purge', args: { name: account } }] },
      { text: 'Purged.' },
    ]);
    const { nonce } = await asked(workflowId);
    const approval = await olga.approvals.get(nonce, 'terminal');
    const lines = approval.lines.map(({ label, text }) => `${label}: ${text}`).join('\n');
    expect(lines).toContain(
      `argument /name: its value occurs in untrusted text (the result of call 1.0): "${account}"`,
    );
    expect(lines).toMatch(/target now: untrusted, in the words of the tool; \S+Z: \{"copies":"7"\}/);
    expect(lines).toMatch(/dry run: untrusted, in the words of the tool; \S+Z: would delete of DE\w+: 3 of 7 with /);
    expect(lines).toContain(String.raw`<https://evil.example|Approve>\u{202E}`);
    expect(JSON.stringify(approval)).not.toContain(secret);
    expect(digestJson('card', approval.card)).toBe(approval.cardDigest);
    expect(approval.looked).toMatchObject([{ principal: 'olga', channel: 'terminal', times: 1 }]);
    expect(effectsOf(workflowId)).toEqual([]);
    await rita.approvals.get(nonce);
    const { cardDigest } = approval;
    expect((await olga.approvals.vote(nonce, { verdict: 'approve', cardDigest })).status).toBe('applied');
    expect(await ended(workflowId)).toMatchObject({ outcome: 'completed' });
    expect(effectsOf(workflowId)).toHaveLength(1);
    const { looked = [] } = await olga.approvals.get(nonce);
    expect(looked.map(({ principal, channel }) => `${principal} ${channel}`)).toEqual([
      'olga terminal',
      'rita api',
      'olga api',
    ]);
    const read = await readBytes(await exportBytes(harness, workflowId));
    const { registry } = harness.keys;
    const bundle = await replayBundle(bundleFolder);
    const report = await replayExport({ read, registry, audience: null, bundle, findSecretRules });
    expect(report.checks.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(report.checks.find(({ id }) => id === 'store-looks')?.checked).toBeGreaterThan(0);
    expect(renderPostmortem(report)).toMatch(/looked: rita through api \(api-key \w+\) at .*; not signed/);
  });

  it('the same idempotency key starts one run, opened or not', async () => {
    const request = { agent: 'tester', input: 'gateway run that says nothing' };
    const [first, second] = await Promise.all([rita.runs.start(request, 'k-1'), rita.runs.start(request, 'k-1')]);
    expect(first.workflowId).toBe(second.workflowId);
    await ended(first.workflowId);
    expect(await rita.runs.start(request, 'k-1')).toMatchObject({ workflowId: first.workflowId, repeated: true });
    const other = rita.runs.start({ ...request, input: 'something else' }, 'k-1');
    await expect(other).rejects.toMatchObject({ code: 'conflict' });
  });

  it('a run that waits says so, and ends when it is cancelled', async () => {
    const workflowId = await start(deletion);
    const { nonce, cardDigest } = await asked(workflowId);
    const { live, engine } = await rita.runs.get(workflowId);
    expect(live).toMatchObject({ state: 'waiting-for-approval', approvals: [{ nonce }] });
    expect(engine).toBe('running');
    await rita.runs.cancel(workflowId, 'changed my mind');
    await until('the end', async () => (await rita.runs.get(workflowId)).engine === 'closed');
    const vote = olga.approvals.vote(nonce, { verdict: 'approve', cardDigest });
    await expect(vote).rejects.toMatchObject({ code: 'conflict' });
    expect(effectsOf(workflowId)).toEqual([]);
  });

  it('a vote while no worker runs is recorded, and counts when one is back', async () => {
    const workflowId = await start(deletion);
    const { nonce, cardDigest } = await asked(workflowId);
    await harness.stopWorker();
    expect((await olga.approvals.vote(nonce, { verdict: 'approve', cardDigest })).status).toBe('recorded');
    await harness.startWorker();
    expect(await ended(workflowId)).toMatchObject({ outcome: 'completed' });
    expect(effectsOf(workflowId)).toHaveLength(1);
  });

  it('the server tells its time, by which the gateway measures its own clock', async () => {
    const before = Date.now();
    const serverAt = await harness.door.serverTime();
    expect(Math.abs(serverAt - before)).toBeLessThan(10_000);
    const wrong = await startGateway({ ...options, clock: { now: () => Date.now() - 11_000 } });
    const workflowId = await start(deletion);
    const { nonce, cardDigest } = await asked(workflowId);
    const { apiKey } = await mintApiKey(options, {
      principal: 'olga',
      roles: ['operator'],
      person: true,
      scopes: ['approvals:vote'],
      expiresAt: Date.now() + 60_000,
      mintedBy: 'olga',
    });
    const behind = new Countersign({ url: wrong.url, apiKey, retries: 0 });
    const vote = behind.approvals.vote(nonce, { verdict: 'deny', cardDigest });
    await expect(vote).rejects.toMatchObject({ code: 'clock-skew' });
    await wrong.close();
    expect((await olga.approvals.vote(nonce, { verdict: 'deny', cardDigest })).status).toBe('applied');
    await ended(workflowId);
  });

  it('a secret in an input or a reason reaches no history', async () => {
    const secret = ['AKIA', 'IOSFODNN7', 'QWERTZU'].join('');
    const text = `because ${secret} says so`;
    const workflowId = await start(deletion);
    const { nonce, cardDigest } = await asked(workflowId);
    const refused = [
      rita.runs.start({ agent: 'tester', input: text }, 'with-a-secret'),
      olga.approvals.vote(nonce, { verdict: 'deny', cardDigest, reason: text }),
      rita.runs.cancel(workflowId, text),
      rita.fleet.freeze(text),
    ];
    for (const one of await Promise.allSettled(refused)) {
      if (one.status === 'fulfilled') throw new TypeError('it was sent');
      expect(one.reason).toMatchObject({ code: 'input-refused' });
      expect(String(one.reason)).not.toContain(secret);
    }
    await olga.approvals.vote(nonce, { verdict: 'deny', cardDigest, reason: 'no' });
    await ended(workflowId);
    const history = historyToJSON(await harness.door.client.workflow.getHandle(workflowId).fetchHistory());
    const payloads = [...history.matchAll(/"data": ?"([^"]*)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString(),
    );
    const readable = `${history}${payloads.join('')}`;
    expect(readable).toContain('delete_database');
    expect(readable).not.toContain(secret);
    const other = rita.runs.start({ agent: 'tester', input: 'something else' }, 'with-a-secret');
    expect((await other).repeated).toBe(false);
    await ended((await other).workflowId);
  });
});
