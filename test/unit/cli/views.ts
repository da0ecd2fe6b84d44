/** What a gateway would show: runs and approval requests, whole and valid, each part open to change. */
import type { ApprovalView, RunView } from '../../../client/gateway-schemas.ts';
import type { RunDetail } from '../../../client/run-detail-schemas.ts';
import type { Card } from '../../../core/contracts/approval.ts';
import { layOutCard } from '../../../core/card/lay-out-card.ts';
import { digestJson } from '../../../core/digest.ts';
import { now } from './run-cli.ts';

export const workflowId = 'run-11111111-2222-4333-8444-555555555555';
export const linkRunId = '99999999-2222-4333-8444-555555555555';
export const nonce = 'abcdef12-2222-4333-8444-555555555555';
const digest = digestJson('body', 'x');

export function runView(changes: Partial<RunView> = {}): RunView {
  return {
    workflowId,
    agent: 'ops',
    environment: 'local',
    principal: 'rita',
    onBehalfOf: null,
    dryRun: false,
    packDigest: digest,
    policyDigest: digest,
    status: 'open',
    openedAt: now - 65_000,
    closedAt: null,
    outcome: null,
    runEpoch: 0,
    ...changes,
  };
}

type Live = NonNullable<RunDetail['live']>;

export function live(changes: Partial<Live> = {}): Live {
  return {
    workflowId,
    agent: 'ops',
    state: 'working',
    turn: 1,
    link: 1,
    hold: null,
    approvals: [],
    calls: [],
    counters: { calls: 0, links: 1, inputTokens: 10, outputTokens: 5 },
    rejectedVotes: 0,
    ...changes,
  };
}

/** What a run has that goes on and has no trouble. */
export const unended = { result: null, refusals: [], trouble: [], failure: null };

export function waiting(changes: Partial<Live> = {}): RunDetail {
  const approvals: Live['approvals'] = [
    { approvalId: `${workflowId}/1.0/1`, nonce, tool: 'restart', kind: 'call', deadlineAt: now + 90_000, votes: 0 },
  ];
  return {
    run: runView(),
    engine: 'running',
    live: live({ state: 'waiting-for-approval', approvals, ...changes }),
    ...unended,
  };
}

export function ended(outcome: NonNullable<RunDetail['result']>['outcome'], text = 'All done'): RunDetail {
  return {
    run: runView({ status: 'closed', closedAt: now, outcome }),
    engine: 'closed',
    live: null,
    result: { outcome, text, turns: 2, calls: 1 },
    trouble: [],
    refusals: [],
    failure: null,
  };
}

export function card(changes: Partial<Card> = {}): Card {
  return {
    approvalId: `${workflowId}/1.0/1`,
    kind: 'call',
    agent: 'ops',
    tool: 'restart',
    toolDescription: 'Restarts a service',
    effect: 'effect',
    arguments: '{"name":"shop"}',
    argumentsCut: false,
    argumentsDigest: digest,
    requester: 'rita',
    onBehalfOf: null,
    environment: 'local',
    risk: 'medium',
    rules: [{ id: 'changes-ask', reason: 'This call changes something' }],
    findings: [],
    labels: ['operator'],
    targetState: null,
    deadlineAt: now + 90_000,
    executeWithinMs: 60_000,
    ...changes,
  };
}

export function approval(changes: Partial<ApprovalView> = {}): ApprovalView {
  const shown = changes.card ?? card();
  return {
    nonce,
    approvalId: shown.approvalId,
    kind: shown.kind,
    workflowId,
    callKey: `${workflowId}/1.0`,
    tool: shown.tool,
    times: shown.times ?? 1,
    couldAnswer: null,
    card: shown,
    text: 'the gateway’s own rendering',
    lines: layOutCard(shown),
    cardDigest: digestJson('card', shown),
    askDigest: digest,
    termsDigest: digest,
    askedAt: now,
    deadlineAt: now + 90_000,
    timeLeftMs: 90_000,
    open: true,
    outcome: null,
    approvers: {
      roles: ['operator'],
      principals: [],
      groups: [],
      quorum: 1,
      denials: 1,
      thresholds: [],
      confirmation: null,
      grants: null,
      requesterMayApprove: true,
      reasonRequired: false,
    },
    grants: [],
    votes: [],
    you: { mayAnswer: true, mayDeny: true, reason: null },
    ...changes,
  };
}
