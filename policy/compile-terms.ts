/** Approval terms as they are written made into terms that bind: durations in ms, roles with all that inherit them. */
import type { ApprovalTerms, ApproverSet } from '../core/contracts/approval.ts';
import { durationOf } from './duration.ts';
import type { ApprovalSource, ApproversSource } from './schema-terms.ts';
import { setOf, usualBreakGlass, usualMostEdits, usualStepUpFrom } from './terms.ts';

export function compileTerms(
  name: string,
  written: ApprovalSource,
  roles: ReadonlyMap<string, readonly string[]>,
): ApprovalTerms {
  const people = (source: ApproversSource): ApproverSet => compileApprovers(source, roles);
  const {
    denials = 1,
    thresholds,
    channels,
    stepUpFrom = usualStepUpFrom,
    reminders,
    escalation,
    edits,
    fallback,
    grants,
    breakGlass,
  } = written;
  return {
    name,
    approvers: people(written.approvers),
    quorum: written.quorum ?? 1,
    ...(denials > 1 ? { denials } : {}),
    ...(thresholds
      ? {
          thresholds: thresholds.map(({ from, approve = 0, deny }) => ({
            from: people(from),
            approve,
            ...(deny === undefined ? {} : { deny }),
          })),
        }
      : {}),
    ...(channels ? { channels } : {}),
    // In signed terms absent means never: what a policy does not say is said there.
    ...(stepUpFrom === 'none' ? {} : { stepUpFrom }),
    deadlineMs: durationOf(written.deadline),
    executeWithinMs: durationOf(written.executeWithin ?? '15m'),
    ...(reminders ? { remindersMs: [...new Set(reminders.map(durationOf))].toSorted((a, b) => a - b) } : {}),
    ...(escalation ? { escalation: { afterMs: durationOf(escalation.after), to: people(escalation.to) } } : {}),
    ...(edits ? { edits: { ...(edits.by ? { by: people(edits.by) } : {}), most: edits.most ?? usualMostEdits } } : {}),
    ...(fallback ? { fallback: people(fallback) } : {}),
    ...(grants
      ? {
          grants: {
            ttlMs: durationOf(grants.ttl),
            uses: grants.uses,
            risk: grants.risk ?? 'medium',
            scope: grants.scope ?? 'run',
          },
        }
      : {}),
    ...(breakGlass
      ? {
          breakGlass: {
            role: breakGlass.role,
            perDay: breakGlass.perDay ?? usualBreakGlass.perDay,
            reviewWithinMs: durationOf(breakGlass.reviewWithin ?? usualBreakGlass.reviewWithin),
          },
        }
      : {}),
    requesterMayApprove: written.requesterMayApprove ?? false,
    reasonRequired: written.reasonRequired ?? false,
  };
}

function compileApprovers(source: ApproversSource, roles: ReadonlyMap<string, readonly string[]>): ApproverSet {
  const direct = new Set(source.roles ?? []);
  const eligible = [...roles].filter(([, includes]) => includes.some((role) => direct.has(role))).map(([role]) => role);
  const sorted = (names: readonly string[] = []): string[] => [...new Set(names)].toSorted();
  return setOf(eligible.toSorted(), sorted(source.principals), sorted(source.groups));
}
