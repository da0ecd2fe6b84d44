/**
 * The whole gate as it runs in a worker, of one run with a claimed ticket: `check-call` with its store on disk, keys, policy,
 * signature and all built-in guards. No network and no engine.
 */
import { join } from 'node:path';
import { createCheckCall } from '../../../activities/check-call.ts';
import { defaultGateBounds } from '../../../activities/check-call/dependencies.ts';
import { guardCall } from '../../../activities/guard-call.ts';
import { createPolicySource } from '../../../activities/policy-source.ts';
import type { Clock } from '../../../core/clock.ts';
import type { CheckCallResult } from '../../../core/contracts/activities.ts';
import type { Label } from '../../../core/contracts/labels.ts';
import { digestJson } from '../../../core/digest.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { builtInGuards, classifyShell } from '../../../guards/index.ts';
import { loadOrCreateKeys } from '../../../keys/index.ts';
import { openSqliteStore } from '../../../store/index.ts';
import { firstPass } from '../../../test/support/first-pass.ts';
import { aTicketBody } from '../../../test/support/ticket-body.ts';
import type { ToolRegistry } from '../../../tools/registry.ts';

const audience = 'bench';
const workflowId = 'run-11111111-1111-4111-8111-111111111111';
const linkRunId = '22222222-2222-4222-8222-222222222222';

export interface OpenGate {
  gate: (turn: number, call: { tool: string; argumentsText: string }) => Promise<CheckCallResult>;
  close: () => Promise<void>;
}

/** @param folder absolute, empty: keys and store go there */
export async function openGate(
  folder: string,
  { calls, policy, tools, inputLabels }: { calls: number; policy: string; tools: ToolRegistry; inputLabels: Label[] },
): Promise<OpenGate> {
  const clock: Clock = { now: () => Date.now() };
  const keys = await loadOrCreateKeys({ folder: join(folder, 'keys'), domains: ['ticket', 'decision'], clock });
  const store = await openSqliteStore({ file: join(folder, 'store.db') });
  const now = clock.now();
  const limits = {
    turns: calls + 1,
    callsPerRun: calls + 1,
    callsPerTurn: 2,
    refusalsInARow: 3,
    eventsPerLink: 1000,
    contextTokens: 1000,
  };
  const body = aTicketBody(workflowId, await store.putBody(policy), { limits, inputLabels });
  const ticket = sealEnvelope(keys.signer('ticket'), 'ticket', audience, body, {
    issuedAt: now,
    expiresAt: now + 60_000,
  });
  await store.claimTicket({ ticket, ticketDigest: digestJson('ticket', ticket), linkRunId, now });
  const checkCall = createCheckCall({
    store,
    clock,
    registry: keys.registry,
    signer: keys.signer('decision'),
    audience,
    tools,
    policies: createPolicySource({ store, registry: keys.registry, audience, readShell: classifyShell }),
    // The link is registered with the ticket, so nothing asks for its origin.
    readLinkOrigin: () => Promise.reject(new Error('nothing asks')),
    checkArguments: async (text, call) => await guardCall(builtInGuards, text, call),
    buildId: 'bench',
    bounds: defaultGateBounds,
    readCaller: () => ({ kind: 'caller', caller: { workflowId, linkRunId } }),
  });
  return {
    gate: async (turn, call) =>
      await checkCall({ ...firstPass, ...call, turn, workflowTimeAt: clock.now(), nonce: crypto.randomUUID() }),
    close: async () => await store.close(),
  };
}
