/** A tools worker with real keys, a real permit and an in-memory store; each test changes one thing. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { z } from 'zod';
import { createRunTool, type RunToolDependencies } from '../../../activities/run-tool.ts';
import type { ActivityFacts } from '../../../activities/run-tool/activity-facts.ts';
import { notRun, type RunToolRefusalCode } from '../../../activities/run-tool/refusals.ts';
import type { RunToolResult } from '../../../core/contracts/activities.ts';
import type { SignedVote, VoteBody } from '../../../core/contracts/approval.ts';
import type { ControlBody } from '../../../core/contracts/control.ts';
import type { PermitBody, SignedDecision } from '../../../core/contracts/decision.ts';
import type { RunDescription } from '../../../core/contracts/describe.ts';
import type { Domain, RegistryKey } from '../../../core/contracts/envelope.ts';
import { activityIdOf } from '../../../core/contracts/call-names.ts';
import type { Purpose } from '../../../core/contracts/ids.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { type KeyRegistry, type Signer, sealEnvelope } from '../../../core/envelope.ts';
import { rawPublicKey, signerOf, verifySignature } from '../../../keys/ed25519.ts';
import type { RunRow } from '../../../store/store.ts';
import { checkTool, type Tool } from '../../../tools/define-tool.ts';
import { createToolRegistry } from '../../../tools/registry.ts';
import { memoryStore } from './run-tool-store.ts';

export const audience = 'test';
export const start = 1_800_000_000_000;
export const workflowId = 'run-11111111-1111-4111-8111-111111111111';
export const linkRunId = '22222222-2222-4222-8222-222222222222';
export const nonce = '33333333-3333-4333-8333-333333333333';
export const otherUuid = '44444444-4444-4444-8444-444444444444';
export const callKey = `${workflowId}/3.0`;
const queue = 'tools';
const zero = digestText('body', '');

/** One folder for a whole test file: no test writes into it. */
const temporary = mkdtempSync(join(tmpdir(), 'run-tool-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const pairs = new Map(
  (['decision', 'vote', 'receipt', 'control', 'ticket'] as const).map((domain) => [
    domain,
    generateKeyPairSync('ed25519'),
  ]),
);
export function signerFor(domain: Domain): Signer {
  const pair = pairs.get(domain as 'vote');
  if (!pair) throw new Error('no key');
  return signerOf(domain, pair.privateKey);
}

export type ToolChange = Partial<Omit<Tool, 'parameters'>>;

export function createWorld(change: ToolChange = {}) {
  const clock = { at: start, now: () => clock.at };
  const keys = new Map<string, RegistryKey>(
    [...pairs].map(([domain, pair]) => {
      const { kid } = signerFor(domain);
      return [kid, { kid, domain, publicKey: rawPublicKey(pair.publicKey), from: 0, to: null, revokedAt: null }];
    }),
  );
  const registry: KeyRegistry = { keyByKid: (kid) => keys.get(kid), verify: verifySignature };
  const executed: unknown[] = [];
  const tool = checkTool({
    name: 'restart',
    description: 'Restarts',
    parameters: z.strictObject({ service: z.string(), force: z.boolean().default(false) }),
    effect: 'effect',
    execute: (args: unknown) => {
      executed.push(args);
      return 'restarted';
    },
    ...change,
  });
  const tools = createToolRegistry([tool], { moduleDigest: zero });
  const registered = tools.get('restart');
  if (!registered) throw new Error('no tool');
  const memory = memoryStore({ workflowId, runEpoch: 0, lastLinkRunId: linkRunId } as RunRow);
  const described: RunDescription = { status: 'running', cancelRequested: false };
  const cancel = new AbortController();
  const facts: ActivityFacts = {
    workflowId,
    linkRunId,
    activityId: '',
    taskQueue: queue,
    attempt: 1,
    signal: cancel.signal,
    heartbeat: () => {},
  };
  const incidents: string[] = [];
  const dependencies: RunToolDependencies = {
    store: memory.store,
    clock,
    registry,
    signer: signerFor('receipt'),
    audience,
    tools,
    describeRun: async () => described,
    sandbox: {
      id: 'none',
      available: async () => ({ ok: false, reason: 'none', remedy: 'none' }),
      run: async () => ({ kind: 'refused', reason: 'none', remedy: 'none' }),
    },
    workFolder: join(temporary, 'work'),
    checkResult: async () => ({ findings: [], refusal: undefined }),
    redact: async (text) => ({ text: text.replaceAll('hunter', '[secret]'), findings: [] }),
    sanitiseError: (error) => (error instanceof Error ? error.message : 'fault'),
    marginMs: 20,
    reportIncident: ({ code }) => incidents.push(code),
    readActivityFacts: () => ({ kind: 'facts', facts }),
  };
  const args = '{"force":false,"service":"web"}';

  function permitBody(purpose: Purpose = 'execute', over: Partial<PermitBody> = {}): PermitBody {
    const position = { callKey, try: 1, pass: 1, purpose, ...over };
    const argumentsDigest = over.argumentsDigest ?? digestText('arguments', args);
    return {
      workflowId,
      linkRunId,
      runEpoch: 0,
      freezeEpoch: 0,
      ...position,
      tool: { name: 'restart', definitionDigest: registered?.definitionDigest ?? null },
      argumentsDigest,
      principal: 'ana',
      labels: [],
      rules: [],
      findings: [],
      risk: 'low',
      policyDigest: zero,
      activePolicyDigest: zero,
      buildId: 'b1',
      previousDecision: null,
      verdict: 'allow',
      activityId: activityIdOf({ ...position, tool: 'restart', argumentsDigest }),
      taskQueue: queue,
      targetStateDigest: null,
      approval: null,
      ...over,
    };
  }
  function sign(
    body: unknown,
    times: { expiresAt?: number; notBefore?: number } = { expiresAt: start + 60_000 },
    from = audience,
  ) {
    return sealEnvelope(signerFor('decision'), 'decision', from, body, { issuedAt: start, ...times }) as SignedDecision;
  }
  const approval = (votes: SignedVote[] = []): NonNullable<PermitBody['approval']> => ({
    approvalId: `${callKey}/1`,
    nonce,
    askDigest: zero,
    voteDigests: votes.length > 0 ? votes.map((vote) => digestJson('vote', vote)) : [zero],
    executeByAt: start + 30_000,
  });
  /** With a key of theirs, which is enrolled the first time. */
  function vote(principal: string, over: Partial<VoteBody> = {}): SignedVote {
    enrol(principal);
    const body: VoteBody = {
      nonce,
      callKey,
      askDigest: zero,
      cardDigest: zero,
      termsDigest: zero,
      verdict: 'approve',
      principal,
      roles: [],
      authenticated: { method: 'api-key', credentialId: keyIdOf(principal), mintedBy: principal },
      channel: 'api',
      castAt: start,
      reason: null,
      ...over,
    };
    return sealEnvelope(signerFor('vote'), 'vote', audience, body, { issuedAt: start });
  }
  type ControlBodyPart = ControlBody extends infer B ? (B extends ControlBody ? Omit<B, 'sequence'> : never) : never;
  function order(body: ControlBodyPart): void {
    const whole = { ...body, sequence: memory.control.length + 1 } as ControlBody;
    memory.control.push(sealEnvelope(signerFor('control'), 'control', audience, whole, { issuedAt: start }));
  }
  function enrol(principal: string, mintedWith?: string): void {
    const keyId = keyIdOf(principal);
    if (memory.control.some(({ body }) => body.kind === 'api-key' && body.keyId === keyId)) return;
    order({
      kind: 'api-key',
      keyId,
      secretHash: '0'.repeat(64),
      principal,
      roles: [],
      person: true,
      scopes: ['approvals:vote'],
      expiresAt: start + 3_600_000,
      mintedBy: principal,
      ...(mintedWith === undefined ? {} : { mintedWith }),
    });
  }
  /** Runs with a signed permit; the facts take the permit's activity id unless a test set one. */
  async function run(permit: SignedDecision, input: { arguments?: string; votes?: SignedVote[] } = {}) {
    if (facts.activityId === '' && permit.body.verdict === 'allow') facts.activityId = permit.body.activityId;
    const result = await createRunTool(dependencies)({ permit, arguments: args, votes: [], ...input });
    facts.activityId = '';
    return result;
  }
  return {
    clock,
    keys,
    memory,
    described,
    cancel,
    facts,
    incidents,
    dependencies,
    tools,
    executed,
    args,
    permitBody,
    sign,
    approval,
    vote,
    order,
    enrol,
    run,
  };
}
/** Of the key that a person votes with. */
export const keyIdOf = (principal: string): string => `key${principal}`.padEnd(12, '0');
export type World = ReturnType<typeof createWorld>;

export const permitOf = (world: World, approved = false) =>
  world.sign(world.permitBody('execute', approved ? { approval: world.approval() } : {}));
export const rowOf = (world: World) => world.memory.fences.get(`${callKey}#1`);
/** The row was given up by its owner, and the receipt says why. */
export const gaveUp = (code: RunToolRefusalCode) => ({
  kind: 'receipt',
  receipt: { body: { outcome: 'not-started', labels: [] } },
  output: { text: notRun(code).reason },
});
export const kindOf = (result: RunToolResult) =>
  result.kind === 'receipt' ? result.receipt.body.outcome : result.kind;
