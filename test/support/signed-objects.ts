/**
 * Signed objects of every domain with valid shape and a dummy signature, for code that stores them and does not verify.
 * Ids are made from numbers, so that a failing test names the same things each time.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import type { ToolOutput } from '../../core/contracts/activities.ts';
import { type Card, type SignedVote, signedVoteSchema, type VoteBody } from '../../core/contracts/approval.ts';
import { type ControlBody, type SignedControl, signedControlSchema } from '../../core/contracts/control.ts';
import { type DecisionBody, type SignedDecision, signedDecisionSchema } from '../../core/contracts/decision.ts';
import type { Domain } from '../../core/contracts/envelope.ts';
import { activityIdOf, approvalIdOf, parseCallKey } from '../../core/contracts/call-names.ts';
import type { Purpose } from '../../core/contracts/ids.ts';
import { type ReceiptBody, type SignedReceipt, signedReceiptSchema } from '../../core/contracts/receipt.ts';
import { type SignedTicket, signedTicketSchema, type TicketBody } from '../../core/contracts/ticket.ts';
import { digestJson, digestText } from '../../core/digest.ts';

export const someTimeAt = 1_800_000_000_000;

export function uuidOf(space: 'link' | 'nonce' | 'run' | 'ticket', number: number): string {
  const spaces = { link: 'a1', nonce: 'b2', run: 'c3', ticket: 'd4' };
  return `000000${spaces[space]}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function workflowIdOf(number: number): string {
  return `run-${uuidOf('run', number)}`;
}

export function linkOf(number: number): string {
  return uuidOf('link', number);
}

export function nonceOf(number: number): string {
  return uuidOf('nonce', number);
}

/** A digest that is the digest of nothing but this text. */
export function anyDigest(text: string): string {
  return digestText('arguments', text);
}

function envelope<D extends Domain, B>(domain: D, body: B) {
  return {
    domain,
    kid: `${domain}-${'0'.repeat(16)}`,
    audience: 'test',
    issuedAt: someTimeAt,
    body,
    signature: 'A'.repeat(86),
  };
}

export function aTicket(run: number, overrides: Partial<TicketBody> = {}): SignedTicket {
  const workflowId = workflowIdOf(run);
  const body: TicketBody = {
    namespace: 'default',
    workflowId,
    nonce: uuidOf('ticket', run),
    principal: 'ann',
    roles: ['operator'],
    onBehalfOf: null,
    agent: 'ops',
    environment: 'test',
    packDigest: anyDigest('pack'),
    policyDigest: anyDigest('policy'),
    inputDigest: anyDigest('input'),
    inputLabels: ['operator'],
    taskQueues: { agent: 'q', model: 'q', tools: 'q', notify: 'q', record: 'q' },
    dryRun: false,
    limits: {
      turns: 100,
      callsPerRun: 500,
      callsPerTurn: 16,
      refusalsInARow: 3,
      eventsPerLink: 1500,
      contextTokens: 100_000,
    },
    parent: null,
    root: workflowId,
    depth: 0,
    ...overrides,
  };
  return signedTicketSchema.parse(envelope('ticket', body));
}

export interface CallPlace {
  callKey: string;
  try?: number;
  pass?: number;
  purpose?: Purpose;
  linkRunId?: string;
  runEpoch?: number;
}

function commonOf(place: CallPlace) {
  return {
    workflowId: parseCallKey(place.callKey).workflowId,
    linkRunId: place.linkRunId ?? linkOf(1),
    runEpoch: place.runEpoch ?? 0,
    freezeEpoch: 0,
    callKey: place.callKey,
    try: place.try ?? 1,
    pass: place.pass ?? 1,
    purpose: place.purpose ?? 'execute',
    tool: { name: 'restart_service', definitionDigest: anyDigest('definition') },
    argumentsDigest: anyDigest('arguments'),
    principal: 'ann',
    labels: [],
    rules: [],
    findings: [],
    risk: 'medium' as const,
    policyDigest: anyDigest('policy'),
    activePolicyDigest: anyDigest('policy'),
    buildId: 'test',
    previousDecision: null,
  };
}

function signedDecision(body: DecisionBody): SignedDecision {
  return signedDecisionSchema.parse(envelope('decision', body));
}

export function aPermit(place: CallPlace, nonce: string | null = null): SignedDecision {
  const common = commonOf(place);
  const approval = nonce && {
    approvalId: approvalIdOf(place.callKey, 1),
    nonce,
    askDigest: anyDigest('ask'),
    voteDigests: [anyDigest('vote')],
    executeByAt: someTimeAt + 60_000,
  };
  return signedDecision({
    ...common,
    verdict: 'allow',
    activityId: activityIdOf({ ...common, tool: common.tool.name }),
    taskQueue: 'q',
    targetStateDigest: null,
    approval: approval || null,
  });
}

export function aDenial(place: CallPlace, nonce: string | null = null): SignedDecision {
  return signedDecision({ ...commonOf(place), verdict: 'deny', nonce, outcome: nonce ? 'denied' : null });
}

export function aCard(callKey: string): string {
  const card: Card = {
    approvalId: approvalIdOf(callKey, 1),
    kind: 'call',
    agent: 'ops',
    tool: 'restart_service',
    toolDescription: 'Restarts a service',
    effect: 'effect',
    arguments: '{}',
    argumentsCut: false,
    argumentsDigest: anyDigest('arguments'),
    requester: 'ann',
    onBehalfOf: null,
    environment: 'test',
    risk: 'medium',
    rules: [],
    findings: [],
    labels: [],
    targetState: null,
    deadlineAt: someTimeAt + 60_000,
    executeWithinMs: 60_000,
  };
  return canonicalJson(card);
}

export function anAsk(place: CallPlace, nonce: string): SignedDecision {
  const terms = {
    name: 'default',
    approvers: { roles: ['operator'], principals: [] },
    quorum: 1,
    deadlineMs: 60_000,
    executeWithinMs: 60_000,
    requesterMayApprove: false,
    reasonRequired: false,
  };
  return signedDecision({
    ...commonOf(place),
    verdict: 'ask',
    ask: {
      nonce,
      approvalId: approvalIdOf(place.callKey, 1),
      kind: 'call',
      callKeys: [place.callKey],
      terms,
      termsDigest: digestJson('terms', terms),
      cardDigest: digestText('card', aCard(place.callKey)),
      askedAt: someTimeAt,
      deadlineAt: someTimeAt + 60_000,
      executeWithinMs: 60_000,
    },
  });
}

export function decisionDigest(decision: SignedDecision): string {
  return digestJson('decision', decision);
}

export function aVote(nonce: string, principal: string, overrides: Partial<VoteBody> = {}): SignedVote {
  const body: VoteBody = {
    nonce,
    callKey: `${workflowIdOf(1)}/1.0`,
    askDigest: anyDigest('ask'),
    cardDigest: anyDigest('card'),
    termsDigest: anyDigest('terms'),
    verdict: 'approve',
    principal,
    roles: ['operator'],
    authenticated: { method: 'api-key', credentialId: 'abcdefabcdef', mintedBy: 'ann' },
    channel: 'api',
    castAt: someTimeAt + 10,
    reason: null,
    ...overrides,
  };
  return signedVoteSchema.parse(envelope('vote', body));
}

export function voteDigest(vote: SignedVote): string {
  return digestJson('vote', vote);
}

export function aReceipt(place: CallPlace, permitDigest: string, overrides: Partial<ReceiptBody> = {}): SignedReceipt {
  const body: ReceiptBody = {
    callKey: place.callKey,
    try: place.try ?? 1,
    purpose: place.purpose ?? 'execute',
    workflowId: parseCallKey(place.callKey).workflowId,
    linkRunId: place.linkRunId ?? linkOf(1),
    activityId: '1.0.1.1:execute:restart_service:0000000000000000',
    attempt: 1,
    permitDigest,
    outcome: 'succeeded',
    outputDigest: anyDigest('output'),
    labels: [],
    startedAt: someTimeAt,
    endedAt: someTimeAt + 5,
    probe: null,
    voidedFrom: null,
    targetStateDigest: null,
    ...overrides,
  };
  return signedReceiptSchema.parse(envelope('receipt', body));
}

export function anOutput(text = 'restarted'): ToolOutput {
  return { text, truncated: false, bodyDigest: null };
}

export function aControl(body: ControlBody): SignedControl {
  return signedControlSchema.parse(envelope('control', body));
}
