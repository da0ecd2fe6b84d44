/** What a gate knows of an ordinary call, for tests of its card. */
import type { CardFacts } from '../../../core/card/build-card.ts';
import { digestText } from '../../../core/digest.ts';

export function facts(changes: Partial<CardFacts> = {}): CardFacts {
  const canonicalArguments = changes.arguments ?? '{"service":"web"}';
  return {
    approvalId: 'run-1/1.0/1',
    kind: 'call',
    agent: 'ops',
    tool: 'restart_service',
    toolDescription: 'Restarts a service',
    effect: 'effect',
    arguments: canonicalArguments,
    argumentsDigest: digestText('arguments', canonicalArguments),
    requester: 'alice',
    onBehalfOf: null,
    environment: 'production',
    risk: 'high',
    rules: [],
    findings: [],
    labels: ['untrusted'],
    targetState: null,
    deadlineAt: 1_800_000_060_000,
    executeWithinMs: 300_000,
    ...changes,
  };
}
