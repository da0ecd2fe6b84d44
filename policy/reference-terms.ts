/**
 * Checks what approval terms say: every role and group is declared, somebody is named wherever people are, and no number
 * asks for what the others rule out. It reports all that is wrong and decides nothing.
 */
import { parseDuration } from './duration.ts';
import { type Complaint, type PathPart, quote } from './problems.ts';
import type { PolicySource } from './schema.ts';
import type { ApprovalSource, ApproversSource } from './schema-terms.ts';
import { combinedTermsName } from './terms.ts';
import { undeclaredGroups, undeclaredRoles } from './undeclared.ts';

export function approvalComplaints(source: PolicySource): Complaint[] {
  return Object.entries(source.approvals ?? {}).flatMap(([name, written]) => {
    const path = ['approvals', name];
    return [
      ...nameComplaints(name, path),
      ...peopleOf(written).flatMap(([at, people]) => setComplaints(source, people, [...path, ...at])),
      ...thresholdComplaints(written, path),
      ...timeComplaints(written, path),
      ...breakGlassComplaints(source, written, [...path, 'breakGlass']),
    ];
  });
}

function nameComplaints(name: string, path: readonly PathPart[]): Complaint[] {
  if (name !== combinedTermsName) return [];
  const found = `terms named ${quote(name)}`;
  return [
    {
      path: [...path],
      atKey: true,
      found,
      expected: 'a name that the engine does not use itself',
      remedy: 'rename them',
    },
  ];
}

function peopleOf({
  approvers,
  thresholds = [],
  escalation,
  edits,
  fallback,
}: ApprovalSource): [PathPart[], ApproversSource][] {
  return [
    [['approvers'], approvers],
    ...thresholds.map(({ from }, index): [PathPart[], ApproversSource] => [['thresholds', index, 'from'], from]),
    ...(escalation ? [[['escalation', 'to'], escalation.to] satisfies [PathPart[], ApproversSource]] : []),
    ...(edits?.by ? [[['edits', 'by'], edits.by] satisfies [PathPart[], ApproversSource]] : []),
    ...(fallback ? [[['fallback'], fallback] satisfies [PathPart[], ApproversSource]] : []),
  ];
}

function setComplaints(source: PolicySource, people: ApproversSource, path: readonly PathPart[]): Complaint[] {
  const { roles = [], principals = [], groups = [] } = people;
  const undeclared = [
    ...undeclaredRoles(source, roles, [...path, 'roles']),
    ...undeclaredGroups(source, groups, [...path, 'groups']),
  ];
  if (roles.length + principals.length + groups.length > 0) return undeclared;
  return [
    {
      path: [...path],
      found: 'no approvers',
      expected: 'at least one role, principal or group',
      remedy: 'name who may approve',
    },
  ];
}

function thresholdComplaints({ thresholds = [] }: ApprovalSource, path: readonly PathPart[]): Complaint[] {
  return thresholds.flatMap(({ approve, deny }, index) =>
    approve === undefined && deny === undefined
      ? [
          {
            path: [...path, 'thresholds', index],
            found: 'a threshold that asks for nothing',
            expected: '"approve" or "deny"',
            remedy: 'say how many of them must approve',
          },
        ]
      : [],
  );
}

const longestReviewMs = 30 * 24 * 60 * 60_000;

/** A review that is due in years is none. */
function breakGlassComplaints(
  source: PolicySource,
  { breakGlass }: ApprovalSource,
  path: readonly PathPart[],
): Complaint[] {
  if (!breakGlass) return [];
  const { role, reviewWithin = '' } = breakGlass;
  const undeclared = undeclaredRoles(source, [role], [...path, 'role']);
  if ((parseDuration(reviewWithin) ?? 0) <= longestReviewMs) return undeclared;
  const at = { path: [...path, 'reviewWithin'], found: quote(reviewWithin) };
  return [...undeclared, { ...at, expected: 'at most "30d"', remedy: 'shorten it' }];
}

/** What comes after the deadline never comes. */
function timeComplaints(written: ApprovalSource, path: readonly PathPart[]): Complaint[] {
  const deadlineMs = parseDuration(written.deadline) ?? Number.POSITIVE_INFINITY;
  const times: [PathPart[], string][] = [
    ...(written.reminders ?? []).map((text, index): [PathPart[], string] => [['reminders', index], text]),
    ...(written.escalation ? [[['escalation', 'after'], written.escalation.after] satisfies [PathPart[], string]] : []),
  ];
  return times.flatMap(([at, text]) =>
    (parseDuration(text) ?? 0) < deadlineMs
      ? []
      : [
          {
            path: [...path, ...at],
            found: `${quote(text)}, which is not before the deadline`,
            expected: `less than ${quote(written.deadline)}`,
            remedy: 'shorten it or put the deadline off',
          },
        ],
  );
}
