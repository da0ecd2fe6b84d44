/**
 * Step 3, between reserve and start: the target as it is now against the target that was approved, then freeze, cancel and
 * the approval's end once more. Whatever is found here, nothing has started, and the owner can still say so.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import { digestText } from '../../core/digest.ts';
import type { ToolContext } from '../../tools/tool-context.ts';
import { checkEffectMayStart, checkFreeze } from './check-standing.ts';
import type { RunToolDependencies } from './dependencies.ts';
import type { Lease } from './lease.ts';
import { type NotRun, notRun, outOfReach } from './refusals.ts';
import type { Permitted } from './verify-permit.ts';

export async function recheck(
  dependencies: RunToolDependencies,
  permitted: Permitted,
  context: ToolContext,
  lease: Lease,
): Promise<NotRun | undefined> {
  const { permit } = permitted;
  try {
    if (permit.targetStateDigest !== null) {
      const drift = await checkTarget(permitted, context, lease);
      if (drift) return drift;
      // Reading took time: a freeze or a cancellation may have come meanwhile.
      const standing =
        (await checkFreeze(dependencies, permit)) ?? (await checkEffectMayStart(dependencies, permitted));
      if (standing) return standing;
    }
  } catch (error) {
    return outOfReach(error) ?? notRun('target-unreadable');
  }
  if (context.signal.aborted) return notRun('run-cancelled');
  const now = dependencies.clock.now();
  if (permit.grant && now > permit.grant.executeByAt) return notRun('grant-ended');
  return permit.approval && now > permit.approval.executeByAt ? notRun('approval-stale') : undefined;
}

async function checkTarget(
  { tool, value, permit }: Permitted,
  context: ToolContext,
  lease: Lease,
): Promise<NotRun | undefined> {
  const ending = await lease.wait(async () => await tool?.targetState?.(value, context));
  if (ending.kind !== 'ended' || ending.value === undefined) return notRun('target-unreadable');
  return targetStateDigest(ending.value) === permit.targetStateDigest ? undefined : notRun('target-drifted');
}

/** Over the whole of what was read, before redaction. @throws {TypeError} when it is not JSON. */
export function targetStateDigest(state: unknown): string {
  return digestText('target-state', canonicalJson(state));
}
