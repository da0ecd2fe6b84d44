/** Builds what a tool is given: enough to work and to be idempotent, nothing that could sign or decide. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PermitBody } from '../../core/contracts/decision.ts';
import { digestText } from '../../core/digest.ts';
import type { ToolContext } from '../../tools/tool-context.ts';
import type { ActivityFacts } from './activity-facts.ts';
import type { RunToolDependencies } from './dependencies.ts';
import { heartbeatOf, type Lease } from './lease.ts';
import type { Permitted } from './verify-permit.ts';

export function toolContextOf(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  { permit, argumentsDigest, tool }: Permitted,
  lease: Lease,
): ToolContext {
  return Object.freeze({
    callKey: permit.callKey,
    try: permit.try,
    idempotencyKey: idempotencyKeyOf(permit.callKey, argumentsDigest),
    signal: lease.signal,
    workFolder: workFolderOf(dependencies, permit),
    sandbox: dependencies.sandbox,
    timeoutMs: tool?.definition.startToCloseMs ?? 0,
    heartbeat: heartbeatOf(facts),
    now: () => dependencies.clock.now(),
  });
}

/** The same for every try: the other side can tell a repetition from a second wish. */
export function idempotencyKeyOf(callKey: string, argumentsDigest: string): string {
  return digestText('idempotency', `${callKey}\n${argumentsDigest}`);
}

/** A folder for each run: what one run's tools leave there is neither read nor changed by another's. */
export function workFolderOf(
  { workFolder }: Pick<RunToolDependencies, 'workFolder'>,
  { workflowId }: Pick<PermitBody, 'workflowId'>,
): string {
  return join(workFolder, workflowId);
}

export async function makeWorkFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}
