/** What a run should not have done, found in its record afterwards: secrets that were recorded, and limits that were not kept. */
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Check } from '../../../audit/checks.ts';
import { decodePayload } from '../../../audit/decode-payload.ts';
import { renderPostmortem } from '../../../audit/render-postmortem.ts';
import { exitCodeByVerdict, type ReplayReport, replayRun } from '../../../audit/replay-run.ts';
import { signedDecisionSchema } from '../../../core/contracts/decision.ts';
import type { KeyRegistry } from '../../../core/envelope.ts';
import { findSecretRules } from '../../../cli/parts/find-secret-rules.ts';
import { replayBundle, type WorkflowBundle } from '../../../worker/workflow-bundle.ts';
import { registryOf } from '../../histories/recorded.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { trustingRegistry } from './forge.ts';
import { setAt, Tampered } from './tamper.ts';

let bundle: WorkflowBundle;
beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
});

// Built here, so that no scanner finds a token in this file.
const canary = `ghp_${'aB3dE5gH'.repeat(4)}7890`;

async function replay({ recorded, source }: Tampered, registry = registryOf(recorded)): Promise<ReplayReport> {
  const { workflowId, audience } = recorded;
  return await replayRun({ workflowId, audience, source, registry, bundle, findSecretRules });
}

function checkOf(report: ReplayReport, id: Check['id']): Check | undefined {
  return report.checks.find((check) => check.id === id);
}

describe('a secret in the record', () => {
  it('is looked for in all that was recorded, and an honest run has none', async () => {
    const check = checkOf(await replay(new Tampered('approve')), 'no-secret');
    expect(check).toMatchObject({ result: 'ok' });
    expect(check?.checked).toBeGreaterThan(15);
  });

  it.each<[string, (tampered: Tampered) => void]>([
    ['a tool’s result', (one) => setAt(one.activityResult('runTool'), ['output', 'text'], () => `token ${canary}`)],
    ['the model’s answer', (one) => setAt(one.activityResult('callModel'), ['message', 'text'], () => canary)],
    ['a call’s arguments', (one) => setAt(one.activityInput('runTool'), ['arguments'], () => `{"note":"${canary}"}`)],
    [
      'a reason of the gate',
      (one) => setAt(one.localResult('checkCall'), ['decision', 'body', 'rules', 0, 'reason'], () => canary),
    ],
  ])('is found in %s, named by its rule and never repeated', async (_, plant) => {
    const tampered = new Tampered('approve');
    plant(tampered);
    const report = await replay(tampered);
    expect(checkOf(report, 'no-secret')).toMatchObject({
      result: 'failed',
      reason: 'it holds what looks like a secret (github-token)',
    });
    expect(exitCodeByVerdict[report.verdict]).toBe(1);
    expect(JSON.stringify(checkOf(report, 'no-secret'))).not.toContain(canary);
    expect(renderPostmortem(report, { colour: false })).toContain('no-secret');
  });

  it.each([
    ['1.0.1.1:execute:get_token:a4681bc6f5383ac4', 'ok'],
    ['get_token:a4681bc6f5383ac4', 'failed'],
    ['1.0.1.1:execute:get_token:a4681bc6f5383ac4a4681bc6f5383ac4', 'failed'],
  ])('is not the id of an execution whose tool is called like one: %s', async (text, result) => {
    const tampered = new Tampered('approve');
    setAt(tampered.activityResult('runTool'), ['output', 'text'], () => text);
    expect(checkOf(await replay(tampered), 'no-secret')).toMatchObject({ result });
  });

  it('is not a signature that verifies, whatever it looks like; one that does not verify is looked at as any text', async () => {
    const tampered = new Tampered('approve');
    const { workflowId, audience } = tampered.recorded;
    const { signature } = signedDecisionSchema.parse(
      z.object({ decision: z.unknown() }).parse(decodePayload(tampered.localResult('checkCall'))).decision,
    );
    const lookalike = (text: string): Promise<string[]> => Promise.resolve(text.includes(signature) ? ['sk-key'] : []);
    const replayWith = async (registry: KeyRegistry): Promise<ReplayReport> =>
      await replayRun({ workflowId, audience, source: tampered.source, registry, bundle, findSecretRules: lookalike });
    const registry = registryOf(tampered.recorded);
    expect(checkOf(await replayWith(registry), 'no-secret')).toMatchObject({ result: 'ok' });
    const report = await replayWith({ ...registry, verify: () => false });
    expect(checkOf(report, 'no-secret')).toMatchObject({
      result: 'failed',
      reason: 'it holds what looks like a secret (sk-key)',
    });
  });

  it('is not said to be absent where nobody looked', async () => {
    const { recorded, source } = new Tampered('approve');
    const { workflowId, audience } = recorded;
    const report = await replayRun({ workflowId, audience, source, registry: registryOf(recorded), bundle });
    expect(checkOf(report, 'no-secret')).toMatchObject({ result: 'not-checked', required: false });
    expect(report.verdict).toBe('verified');
  });
});

describe('what the run’s last activity found', () => {
  const found = (finding: object) => {
    const tampered = new Tampered('approve');
    setAt(tampered.activityResult('closeRun'), ['findings'], () => [
      { guard: 'compliance', rule: 'effect-without-receipt', severity: 'high', message: 'm', ...finding },
    ]);
    return tampered;
  };

  it('is nothing of an honest run, and that was looked at', async () => {
    expect(checkOf(await replay(new Tampered('approve')), 'compliance')).toMatchObject({ result: 'ok', checked: 1 });
  });

  it.each([
    'call-without-decision',
    'ask-without-outcome',
    'effect-without-permit',
    'effect-without-receipt',
    'limit-exceeded',
  ])('%s is a failed check and an exit code, also where nothing else of the record shows it', async (rule) => {
    const report = await replay(found({ rule }));
    expect(report.checks.filter(({ result }) => result === 'failed').map(({ id }) => id)).toEqual(['compliance']);
    expect(checkOf(report, 'compliance')?.reason).toBe(`the run’s own last look found violations (${rule})`);
    expect(exitCodeByVerdict[report.verdict]).toBe(1);
    expect(renderPostmortem(report, { colour: false })).toContain(`found by compliance (${rule}, high)`);
  });

  it.each([
    ['by a guard of the answer', { guard: 'mine' }],
    ['of a link that a reset overtook', { rule: 'not-open' }],
  ])('%s is no violation', async (_, finding) => {
    expect(checkOf(await replay(found(finding)), 'compliance')).toMatchObject({ result: 'ok' });
  });
});

describe('limits of the ticket', () => {
  it('an honest run kept them', async () => {
    expect(checkOf(await replay(new Tampered('approve')), 'limits')).toMatchObject({ result: 'ok' });
  });

  it.each([
    ['callsPerRun', 'more calls were permitted than the run’s 1'],
    ['turns', 'it is of turn 2, and the run may have 1'],
  ])('more than %s allows is found, whoever signed it', async (limit, reason) => {
    const tampered = new Tampered('approve');
    const [started] = tampered.events;
    const [input] = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    if (!input) throw new TypeError('the recorded run has no input');
    setAt(input, ['ticket', 'body', 'limits', limit], () => 1);
    const report = await replay(tampered, trustingRegistry(tampered.recorded));
    expect(checkOf(report, 'limits')).toMatchObject({ result: 'failed', reason });
    expect(exitCodeByVerdict[report.verdict]).toBe(1);
  });
});
