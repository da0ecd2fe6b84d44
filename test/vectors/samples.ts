/**
 * Valid bodies of every signed domain, and the fixed test keys. Private test keys are derived from a phrase when they are
 * needed: nothing that looks like a secret is in a file. Never use them outside tests.
 */
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import type { VoteBody } from '../../core/contracts/approval.ts';
import type { ExportBody } from '../../core/contracts/export.ts';
import type { ControlBody } from '../../core/contracts/control.ts';
import type { Ask, AskBody, DecisionBody, PermitBody } from '../../core/contracts/decision.ts';
import type { Domain, RegistryKey } from '../../core/contracts/envelope.ts';
import { activityIdOf, approvalIdOf, callKeyOf } from '../../core/contracts/call-names.ts';
import type { Message } from '../../core/contracts/message.ts';
import type { ReceiptBody } from '../../core/contracts/receipt.ts';
import type { TicketBody } from '../../core/contracts/ticket.ts';
import { digestJson, digestText } from '../../core/digest.ts';
import type { KeyRegistry } from '../../core/envelope.ts';
import { kidOf, rawPublicKey, verifySignature } from '../../keys/index.ts';

export const audience = 'vectors';
export const issuedAt = 1_800_000_000_000;
export const keyFrom = 1_700_000_000_000;
export const workflowId = 'run-0f8b9c6e-5d3a-4c21-9b7e-2a1d4f6e8c10';
export const linkRunId = '3c9d1e7a-84b2-4f65-a0c3-5e7f9b1d2a46';
export const nonce = 'b7e4d2a1-6c38-4f90-8d15-9a2b3c4d5e6f';
export const callKey = callKeyOf(workflowId, 3, 0);
export const argumentsValue = { service: 'web', reason: 'high memory' };
export const argumentsDigest = digestJson('arguments', argumentsValue);

export function testKey(domain: Domain): { kid: string; privateKey: KeyObject; publicKey: string } {
  const seed = createHash('sha256').update(keyPhrase(domain)).digest();
  // PKCS8 DER of an Ed25519 private key is this fixed head and the 32 bytes of the seed (RFC 8410).
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = rawPublicKey(privateKey);
  return { kid: kidOf(domain, publicKey), privateKey, publicKey };
}

export function keyPhrase(domain: Domain): string {
  return `countersign test vectors ${domain}`;
}

export function testRegistry(change: (key: RegistryKey) => RegistryKey = (key) => key): KeyRegistry {
  const domains: Domain[] = ['ticket', 'decision', 'vote', 'receipt', 'control', 'checkpoint', 'export'];
  const keys = domains.map((domain): [string, RegistryKey] => {
    const { kid, publicKey } = testKey(domain);
    return [kid, change({ kid, domain, publicKey, from: keyFrom, to: null, revokedAt: null })];
  });
  const byKid = new Map(keys);
  return { keyByKid: (kid) => byKid.get(kid), verify: verifySignature };
}

export const ticketBody: TicketBody = {
  namespace: 'default',
  workflowId,
  nonce: 'a1b2c3d4-0000-4000-8000-000000000001',
  principal: 'alice',
  roles: ['operator'],
  onBehalfOf: null,
  agent: 'ops',
  environment: 'development',
  packDigest: digestText('pack', 'a pack'),
  policyDigest: digestText('policy', 'a policy'),
  inputDigest: digestText('input', 'Restart web.'),
  inputLabels: ['operator'],
  taskQueues: { agent: 'countersign', model: 'countersign', tools: 'countersign', notify: 'countersign', record: 'countersign' },
  dryRun: false,
  limits: { turns: 50, callsPerRun: 200, callsPerTurn: 16, refusalsInARow: 3, eventsPerLink: 4000, contextTokens: 200_000 },
  parent: null,
  root: workflowId,
  depth: 0,
};

const decisionCommon = {
  workflowId,
  linkRunId,
  runEpoch: 0,
  freezeEpoch: 0,
  callKey,
  try: 1,
  pass: 1,
  purpose: 'execute' as const,
  tool: { name: 'restart_service', definitionDigest: digestText('tool-definition', 'a tool') },
  argumentsDigest,
  principal: 'alice',
  labels: ['operator' as const],
  rules: [{ id: 'restart-asks', effect: 'ask' as const, reason: 'A restart is felt by users — ask.' }],
  findings: [],
  risk: 'medium' as const,
  policyDigest: ticketBody.policyDigest,
  activePolicyDigest: ticketBody.policyDigest,
  buildId: 'build-1',
  previousDecision: null,
};

const terms = {
  name: 'default',
  approvers: { roles: ['operator'], principals: [] },
  quorum: 1,
  deadlineMs: 900_000,
  executeWithinMs: 300_000,
  requesterMayApprove: false,
  reasonRequired: false,
};

export const ask: Ask = {
  nonce,
  approvalId: approvalIdOf(callKey, 1),
  kind: 'call',
  callKeys: [callKey],
  terms,
  termsDigest: digestJson('terms', terms),
  cardDigest: digestText('card', 'a card'),
  askedAt: issuedAt,
  deadlineAt: issuedAt + 900_000,
  executeWithinMs: 300_000,
};
export const askBody: AskBody = { ...decisionCommon, verdict: 'ask', ask };

export const denyBody: DecisionBody = {
  ...decisionCommon,
  rules: [{ id: 'no-match', effect: 'deny', reason: 'no rule matches' }],
  findings: [
    { guard: 'injection', rule: 'override-instructions', severity: 'high', message: 'asks to ignore instructions', span: { start: 4, end: 31 } },
  ],
  labels: ['operator', 'untrusted'],
  risk: 'high',
  verdict: 'deny',
  nonce: null,
  outcome: null,
};

export const voteBody: VoteBody = {
  nonce,
  callKey,
  askDigest: digestText('decision', 'an ask'),
  cardDigest: ask.cardDigest,
  termsDigest: ask.termsDigest,
  verdict: 'approve',
  principal: 'bob',
  roles: ['operator'],
  authenticated: { method: 'api-key', credentialId: 'k3y1d0000001', mintedBy: 'root' },
  channel: 'terminal',
  castAt: issuedAt + 60_000,
  reason: 'fine \u{1F44D}',
};

export const allowBody: PermitBody = {
  ...decisionCommon,
  pass: 2,
  previousDecision: voteBody.askDigest,
  verdict: 'allow',
  activityId: activityIdOf({ callKey, try: 1, pass: 2, purpose: 'execute', tool: 'restart_service', argumentsDigest }),
  taskQueue: 'countersign',
  targetStateDigest: null,
  approval: {
    approvalId: ask.approvalId,
    nonce,
    askDigest: voteBody.askDigest,
    voteDigests: [digestText('vote', 'a vote')],
    executeByAt: issuedAt + 360_000,
  },
};

export const receiptBody: ReceiptBody = {
  callKey,
  try: 1,
  purpose: 'execute',
  workflowId,
  linkRunId,
  activityId: allowBody.activityId,
  attempt: 1,
  permitDigest: digestText('decision', 'a permit'),
  outcome: 'succeeded',
  outputDigest: digestText('body', 'restarted'),
  labels: ['untrusted'],
  startedAt: issuedAt + 70_000,
  endedAt: issuedAt + 71_234,
  probe: null,
  voidedFrom: null,
  targetStateDigest: null,
};

export const exportBody: ExportBody = {
  version: 1,
  workflowId,
  digest: digestText('export', 'all lines before the signature'),
  parts: 42,
};

const by = 'root';
export const controlBodies: ControlBody[] = [
  { kind: 'freeze', sequence: 1, by, reason: 'incident' },
  { kind: 'thaw', sequence: 2, by, reason: 'incident is over' },
  { kind: 'policy-activation', sequence: 3, agent: 'ops', packDigest: ticketBody.packDigest, policyDigest: ticketBody.policyDigest, by },
  {
    kind: 'api-key',
    sequence: 4,
    keyId: 'k3y1d0000001',
    secretHash: createHash('sha256').update('not a secret').digest('hex'),
    principal: 'bob',
    roles: ['operator'],
    person: true,
    scopes: ['approvals:read', 'approvals:vote'],
    expiresAt: issuedAt + 86_400_000,
    mintedBy: by,
  },
  { kind: 'api-key-revocation', sequence: 5, keyId: 'k3y1d0000001', by },
  {
    kind: 'reconcile-answer',
    sequence: 6,
    nonce,
    callKey,
    try: 1,
    answer: 'did-not-happen',
    principal: 'bob',
    roles: ['operator'],
    reason: 'the service was up all along',
    answeredAt: issuedAt + 120_000,
  },
];

export const messages: Message[] = [
  { role: 'user', text: 'Restart web.', labels: ['operator'] },
  {
    role: 'assistant',
    text: '',
    calls: [{ id: 'call_1', name: 'restart_service', argumentsText: '{"service":"web","reason":"high memory"}' }],
    opaque: [],
  },
  { role: 'tool', callId: 'call_1', tool: 'restart_service', text: 'restarted — ok', labels: ['untrusted'] },
  { role: 'summary', text: 'web was restarted', labels: ['operator', 'untrusted'], covers: 3 },
];
