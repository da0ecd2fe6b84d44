/**
 * A gate with real keys, a real policy and a real store in memory, asked by a link that the test names; each test changes
 * one thing. Temporal is not in it: what the server says of a link's origin is what the test says.
 */
import { z } from 'zod';
import { createCheckCall } from '../../../activities/check-call.ts';
import { type CheckCallDependencies, defaultGateBounds } from '../../../activities/check-call/dependencies.ts';
import type { LocalCaller } from '../../../activities/local-activity.ts';
import { createPolicySource } from '../../../activities/policy-source.ts';
import { activityIdOf } from '../../../core/contracts/call-names.ts';
import type { CheckCallInput, CheckCallResult, Decided } from '../../../core/contracts/activities.ts';
import type { SignedVote, VoteBody } from '../../../core/contracts/approval.ts';
import type { ControlBody } from '../../../core/contracts/control.ts';
import type { PermitBody, SignedDecision } from '../../../core/contracts/decision.ts';
import type { LinkOrigin } from '../../../core/contracts/describe.ts';
import type { Label } from '../../../core/contracts/labels.ts';
import type { ReceiptBody } from '../../../core/contracts/receipt.ts';
import type { SignedTicket, TicketBody } from '../../../core/contracts/ticket.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { openSqliteStore } from '../../../store/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../store/store.ts';
import { defineTool } from '../../../tools/define-tool.ts';
import { createToolRegistry } from '../../../tools/registry.ts';
import { firstPass } from '../../support/first-pass.ts';
import { aTicketBody, zero } from '../../support/ticket-body.ts';
import { audience, createWorld, linkRunId, otherUuid, signerFor, start, workflowId } from './run-tool-world.ts';

export const callKey = `${workflowId}/1.0`;
export const startToCloseMs = 1000;
export const args = '{"name":"all"}';
export const otherArgs = '{"name":"one"}';
export const argumentsDigest = digestText('arguments', args);

export const gatePolicy = `version: 1
roles:
  operator: {}
approvals:
  default:
    approvers: { roles: [operator] }
    quorum: 1
    deadline: 60s
    executeWithin: 30s
  with-reason:
    approvers: { roles: [operator] }
    deadline: 60s
    reasonRequired: true
rules:
  - { id: reads, effect: allow, tools: [read_status], reason: reading is free }
  - { id: free, effect: allow, tools: [restart, fire], reason: harmless }
  - { id: asks, effect: ask, tools: [send, move, scale, plan, read_secret], reason: a person must see it }
  - { id: reasons, effect: ask, tools: [wipe], reason: a person must say why, approval: with-reason }
`;

const parameters = z.strictObject({ name: z.string() });
const common = { parameters, startToCloseMs, execute: () => 'done' };
const tools = [
  defineTool({ ...common, name: 'read_status', description: 'Reads', effect: 'read' }),
  defineTool({ ...common, name: 'read_secret', description: 'Reads what one must ask for', effect: 'read' }),
  defineTool({ ...common, name: 'restart', description: 'Restarts', effect: 'idempotent' }),
  defineTool({ ...common, name: 'move', description: 'Moves', effect: 'idempotent' }),
  defineTool({ ...common, name: 'fire', description: 'Fires, allowed', effect: 'effect' }),
  defineTool({ ...common, name: 'send', description: 'Sends', effect: 'effect', probe: () => 'unknown' }),
  defineTool({
    ...common,
    name: 'wipe',
    description: 'Wipes',
    effect: 'effect',
    blastRadius: 'everything in one folder',
    undo: 'restore the backup',
  }),
  defineTool({ ...common, name: 'sign', description: 'Signs', effect: 'effect', votesDemanded: 1 }),
  defineTool({ ...common, name: 'scale', description: 'Scales', effect: 'effect', targetState: () => 1 }),
  defineTool({ ...common, name: 'plan', description: 'Plans', effect: 'effect', dryRun: () => 'said' }),
];

export type ControlOrder = ControlBody extends infer B ? (B extends ControlBody ? Omit<B, 'sequence'> : never) : never;
export interface WorldChanges {
  policy?: string;
  ticket?: Partial<TicketBody>;
  /** The ticket is there and nobody has used it. */
  unclaimed?: true;
}

export function aTicket(policyDigest: string, changes: Partial<TicketBody> = {}): SignedTicket {
  const body = aTicketBody(workflowId, policyDigest, { nonce: otherUuid, ...changes });
  return sealEnvelope(signerFor('ticket'), 'ticket', audience, body, { issuedAt: start, expiresAt: start + 60_000 });
}

export async function createGateWorld(changes: WorldChanges = {}) {
  const store: Store = await openSqliteStore({ file: ':memory:' });
  const { clock, dependencies: worker } = createWorld();
  const { registry } = worker;
  const policyDigest = await store.putBody(changes.policy ?? gatePolicy);
  const ticket = aTicket(policyDigest, changes.ticket);
  const ticketDigest = digestJson('ticket', ticket);
  if (!changes.unclaimed) await store.claimTicket({ ticket, ticketDigest, linkRunId, now: start });
  const caller: LocalCaller = { workflowId, linkRunId };
  const origins = new Map<string, LinkOrigin>();
  const found: { findings: Awaited<ReturnType<CheckCallDependencies['checkArguments']>> } = { findings: [] };
  const registered = createToolRegistry(tools, { moduleDigest: zero });
  const dependencies: CheckCallDependencies = {
    store,
    clock,
    registry,
    signer: signerFor('decision'),
    audience,
    tools: registered,
    policies: createPolicySource({ store, registry, audience }),
    readLinkOrigin: async (_, link) => {
      const origin = origins.get(link);
      if (!origin) throw new TypeError('no such link');
      return origin;
    },
    checkArguments: async () => found.findings,
    buildId: 'test',
    bounds: defaultGateBounds,
    readCaller: () => ({ kind: 'caller', caller: { ...caller } }),
  };
  let nonces = 0;

  async function gate(changed: Partial<CheckCallInput> = {}): Promise<CheckCallResult> {
    nonces += 1;
    return await createCheckCall(dependencies)({
      ...firstPass,
      tool: 'send',
      argumentsText: args,
      nonce: `00000000-0000-4000-8000-${String(nonces).padStart(12, '0')}`,
      workflowTimeAt: clock.at,
      ...changed,
    });
  }

  async function order(body: ControlOrder): Promise<void> {
    const seal = (sequence: number) =>
      sealEnvelope(signerFor('control'), 'control', audience, { ...body, sequence } as ControlBody, {
        issuedAt: start,
      });
    await store.appendControl(seal);
  }

  /** Of the key that was made last. */
  const keyIds = new Map<string, string>();
  async function enrol(principal: string, more: Partial<Extract<ControlOrder, { kind: 'api-key' }>> = {}) {
    const before = keyIds.get(principal);
    if (before !== undefined) await order({ kind: 'api-key-revocation', keyId: before, by: 'root' });
    const keyId = before === undefined ? keyIdOf(principal) : keyIdOf(`${principal} ${before}`);
    keyIds.set(principal, keyId);
    await order({
      kind: 'api-key',
      keyId,
      secretHash: '0'.repeat(64),
      principal,
      roles: ['operator'],
      person: true,
      scopes: ['approvals:vote'],
      expiresAt: start + 3_600_000,
      mintedBy: principal,
      ...more,
    });
  }
  await enrol('olga');
  // Never votes: there is somebody who could, whatever a test makes of olga.
  await enrol('quinn');

  function vote(ask: SignedDecision, more: Partial<VoteBody> = {}): SignedVote {
    const { body } = ask;
    if (body.verdict !== 'ask') throw new TypeError('not an ask');
    const principal = more.principal ?? 'olga';
    const whole: VoteBody = {
      nonce: body.ask.nonce,
      callKey: body.callKey,
      askDigest: digestJson('decision', ask),
      cardDigest: body.ask.cardDigest,
      termsDigest: body.ask.termsDigest,
      verdict: 'approve',
      principal,
      roles: ['operator'],
      authenticated: {
        method: 'api-key',
        credentialId: keyIds.get(principal) ?? keyIdOf(principal),
        mintedBy: principal,
      },
      channel: 'api',
      castAt: clock.at,
      reason: null,
      ...more,
    };
    return sealEnvelope(signerFor('vote'), 'vote', audience, whole, { issuedAt: clock.at });
  }

  /** First pass of a call that asks. */
  async function ask(changed: Partial<CheckCallInput> = {}): Promise<SignedDecision> {
    return decidedAs(await gate(changed), 'ask').decision;
  }

  const permitDigest = digestText('decision', 'a permit');
  interface RowChanges {
    callKey?: string;
    try?: number;
    tool?: string;
    argumentsDigest?: string;
  }
  function position(changed: RowChanges) {
    const own = { callKey, try: 1, tool: 'send', argumentsDigest, workflowId, linkRunId, runEpoch: 0, permitDigest };
    return { ...own, ...changed };
  }
  async function reserve(changed: RowChanges = {}): Promise<void> {
    const now = clock.at;
    const times = { startToCloseMs, now, executeByAt: null, freezeEpoch: await store.freezeEpoch() };
    await store.reserveFence({ ...position(changed), nonce: null, ...times });
  }
  async function execute(changed: RowChanges = {}): Promise<void> {
    await reserve(changed);
    const { callKey: key, try: number } = position(changed);
    await store.startFence({ callKey: key, try: number, permitDigest, leaseUntilAt: clock.at + startToCloseMs });
  }
  async function makeVoid(changed: RowChanges = {}, by: 'owner' | 'gate' = 'gate'): Promise<void> {
    await store.voidFence({ ...position(changed), by, now: clock.at });
  }
  function receipt(more: Partial<ReceiptBody> = {}) {
    const body: ReceiptBody = {
      callKey,
      try: 1,
      purpose: 'execute',
      workflowId,
      linkRunId,
      activityId: activityIdOf({ callKey, try: 1, pass: 1, purpose: 'execute', tool: 'send', argumentsDigest }),
      attempt: 1,
      permitDigest,
      outcome: 'succeeded',
      outputDigest: digestText('body', 'done'),
      labels: [],
      startedAt: clock.at,
      endedAt: clock.at,
      probe: null,
      voidedFrom: null,
      targetStateDigest: null,
      ...more,
    };
    return sealEnvelope(signerFor('receipt'), 'receipt', audience, body, { issuedAt: clock.at });
  }
  const output = { text: 'done', truncated: false, bodyDigest: null };
  async function consume(changed: RowChanges = {}): Promise<void> {
    await execute(changed);
    const { callKey: key, try: number } = position(changed);
    const own = receipt({ callKey: key, try: number });
    const step = { callKey: key, try: number, permitDigest, receipt: own, output, labels: [], turn: 1 };
    await store.consumeFence(step);
  }
  /**
   * A stored receipt of a probe, of a target's state or of a dry run, signed by the worker unless a test forges it. `text`: what
   * is stored, whatever was signed.
   */
  async function looked(
    more: Partial<ReceiptBody>,
    stored: { forged?: boolean; labels?: Label[]; text?: string } = {},
  ): Promise<void> {
    const own = receipt({ permitDigest: digestText('decision', JSON.stringify(more)), ...more });
    const { permitDigest: digest } = own.body;
    const signed = stored.forged ? { ...own, issuedAt: own.issuedAt + 1 } : own;
    const said = { ...output, text: stored.text ?? output.text };
    const labels = stored.labels ?? [];
    await store.recordReceipt({ permitDigest: digest, receipt: signed, output: said, labels, turn: 1 });
  }
  async function answer(
    ask: SignedDecision | null,
    more: Partial<Extract<ControlOrder, { kind: 'reconcile-answer' }>>,
  ) {
    const nonce = ask?.body.verdict === 'ask' ? ask.body.ask.nonce : otherUuid;
    const by = { principal: 'olga', roles: ['operator'], reason: '', answeredAt: clock.at };
    await order({ kind: 'reconcile-answer', nonce, callKey, try: 1, answer: 'did-not-happen', ...by, ...more });
  }

  /** A further run of the agent, which is asked from now on. */
  async function goToOtherRun(ticketChanges: Partial<TicketBody> = {}): Promise<void> {
    const other = `run-${otherUuid}`;
    const nonce = '66666666-6666-4666-8666-666666666666';
    const signed = aTicket(policyDigest, { workflowId: other, root: other, nonce, ...ticketChanges });
    const claim = { ticket: signed, ticketDigest: digestJson('ticket', signed), linkRunId: otherUuid, now: start };
    await store.claimTicket(claim);
    Object.assign(caller, { workflowId: other, linkRunId: otherUuid });
  }

  /** The same tools, of other code. */
  function redeploy(): void {
    dependencies.tools = createToolRegistry(tools, { moduleDigest: digestText('body', 'another build') });
  }

  return {
    store,
    clock,
    registry,
    caller,
    origins,
    found,
    dependencies,
    policyDigest,
    ticket,
    gate,
    order,
    redeploy,
    goToOtherRun,
    enrol,
    vote,
    ask,
    reserve,
    execute,
    makeVoid,
    consume,
    looked,
    answer,
  };
}
export type GateWorld = Awaited<ReturnType<typeof createGateWorld>>;

export function keyIdOf(principal: string): string {
  return digestText('input', principal).slice('sha256:'.length, 'sha256:'.length + 12);
}

/** The decision of a pass, where it has this verdict. */
function decidedAs(result: CheckCallResult, verdict: string): Decided {
  if (result.kind === 'decided' && result.decision.body.verdict === verdict) return result;
  throw new TypeError(`not ${verdict}: ${JSON.stringify(result)}`);
}

export function permitBodyOf(result: CheckCallResult): PermitBody {
  return decidedAs(result, 'allow').decision.body as PermitBody;
}

/** What a pass answers, in a word: its verdict and the rules behind it, or its kind (and code). */
export function wordOf(result: CheckCallResult): string {
  if (result.kind === 'decided') {
    const { verdict, rules } = result.decision.body;
    return [verdict, ...rules.filter((rule) => rule.effect === verdict).map((rule) => rule.id)].join(' ');
  }
  return 'code' in result ? `${result.kind} ${result.code}` : result.kind;
}
