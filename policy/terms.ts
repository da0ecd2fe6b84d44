/**
 * Approval terms: how several become one. Combination only tightens: whoever is eligible under the result is eligible under
 * each part, and what is enough for it is enough for each. Who may answer under terms is judged in `voter.ts`.
 */
import type {
  ApprovalTerms,
  ApproverSet,
  BreakGlassTerms,
  Channel,
  GrantCap,
  Threshold,
} from '../core/contracts/approval.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { type Risk, riskSchema } from '../core/contracts/labels.ts';

const longestName = 64;
/** Stands for names that together are too long to show; no terms of a file may have it. */
export const combinedTermsName = 'combined';

/** Of one call, where its terms do not say. */
export const usualMostEdits = 3;

/** Where terms do not say: nobody approves what is critical by habit, from whichever channel. */
export const usualStepUpFrom = 'critical';

/** Where terms that name a role for break-glass do not say. */
export const usualBreakGlass = { perDay: 3, reviewWithin: '24h' } as const;

/** How often one call may be edited. */
export function mostEdits({ edits }: Pick<ApprovalTerms, 'edits'>): number {
  return edits?.most ?? usualMostEdits;
}

/** The strictest combination of two terms; an empty intersection of approvers means that nobody can approve. */
export function combineTerms(a: ApprovalTerms, b: ApprovalTerms): ApprovalTerms {
  return {
    name: combineNames(a.name, b.name),
    approvers: intersectSets(a.approvers, b.approvers),
    quorum: Math.max(a.quorum, b.quorum),
    deadlineMs: Math.min(a.deadlineMs, b.deadlineMs),
    executeWithinMs: Math.min(a.executeWithinMs, b.executeWithinMs),
    requesterMayApprove: a.requesterMayApprove && b.requesterMayApprove,
    reasonRequired: a.reasonRequired || b.reasonRequired,
    ...withoutAbsent({
      denials: fewer(a.denials, b.denials),
      thresholds: combineThresholds(a.thresholds, b.thresholds),
      channels: combineChannels(a.channels, b.channels),
      stepUpFrom: lowerRisk(a.stepUpFrom, b.stepUpFrom),
      remindersMs: combineReminders(a.remindersMs, b.remindersMs),
      escalation: combineEscalations(a, b),
      edits: combineEdits(a, b),
      fallback: a.fallback && b.fallback ? intersectSets(a.fallback, b.fallback) : undefined,
      grants: combineGrantCaps(a.grants, b.grants),
      breakGlass: combineBreakGlass(a.breakGlass, b.breakGlass),
    }),
  };
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutAbsent<T extends object>(keys: T): Defined<T> {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** The least of both; where one allows none there is none. */
function combineGrantCaps(a: GrantCap | undefined, b: GrantCap | undefined): GrantCap | undefined {
  if (!a || !b) return undefined;
  return {
    ttlMs: Math.min(a.ttlMs, b.ttlMs),
    uses: Math.min(a.uses, b.uses),
    risk: lowerRisk(a.risk, b.risk) ?? 'low',
    scope: a.scope === 'agent' && b.scope === 'agent' ? 'agent' : 'run',
  };
}

/** Where one names no role, or another one, nobody answers alone. */
function combineBreakGlass(
  a: BreakGlassTerms | undefined,
  b: BreakGlassTerms | undefined,
): BreakGlassTerms | undefined {
  if (!a || a.role !== b?.role) return undefined;
  return {
    role: a.role,
    perDay: Math.min(a.perDay, b.perDay),
    reviewWithinMs: Math.min(a.reviewWithinMs, b.reviewWithinMs),
  };
}

/** Absent is one, the fewest there can be. */
function fewer(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.min(a, b);
}

/** Those of both, side by side; the same people once, with the stricter numbers. */
function combineThresholds(a: Threshold[] = [], b: Threshold[] = []): Threshold[] | undefined {
  const bySet = new Map<string, Threshold>();
  for (const one of [...a, ...b]) {
    const key = canonicalJson(one.from);
    const known = bySet.get(key);
    const denials = [known?.deny, one.deny].filter((deny) => deny !== undefined);
    bySet.set(key, {
      from: one.from,
      approve: Math.max(known?.approve ?? 0, one.approve),
      ...(denials.length > 0 ? { deny: Math.min(...denials) } : {}),
    });
  }
  const keys = [...bySet.keys()].toSorted();
  return keys.length > 0 ? keys.flatMap((key) => bySet.get(key) ?? []) : undefined;
}

type Channels = NonNullable<ApprovalTerms['channels']>;
const ceilings = ['none', ...riskSchema.options] as const;

function combineChannels(a: Channels | undefined, b: Channels | undefined): Channels | undefined {
  if (!a || !b) return a ?? b;
  const channels = [...new Set([...Object.keys(a), ...Object.keys(b)])] as Channel[];
  return Object.fromEntries(
    channels.map((channel) => [
      channel,
      ceilings.find((ceiling) => ceiling === a[channel] || ceiling === b[channel]) ?? 'none',
    ]),
  );
}

function lowerRisk(a: Risk | undefined, b: Risk | undefined): Risk | undefined {
  return riskSchema.options.find((risk) => risk === a || risk === b);
}

function combineReminders(a: number[] = [], b: number[] = []): number[] | undefined {
  const all = [...new Set([...a, ...b])].toSorted((one, other) => one - other).slice(0, 10);
  return all.length > 0 ? all : undefined;
}

/** Whom one of them names later must be named by the other as well, from the beginning or later. */
function combineEscalations(a: ApprovalTerms, b: ApprovalTerms): ApprovalTerms['escalation'] {
  if (!a.escalation && !b.escalation) return undefined;
  const afterMs = Math.max(a.escalation?.afterMs ?? 0, b.escalation?.afterMs ?? 0);
  const to = intersectSets(withEscalation(a), withEscalation(b));
  return { afterMs, to };
}

/** Who may answer may edit, where terms name nobody for it. */
function combineEdits(a: ApprovalTerms, b: ApprovalTerms): ApprovalTerms['edits'] {
  if (!a.edits && !b.edits) return undefined;
  const most = Math.min(mostEdits(a), mostEdits(b));
  if (!a.edits?.by && !b.edits?.by) return { most };
  return { by: intersectSets(a.edits?.by ?? a.approvers, b.edits?.by ?? b.approvers), most };
}

function withEscalation({ approvers, escalation }: ApprovalTerms): ApproverSet {
  return escalation ? joinSets(approvers, escalation.to) : approvers;
}

/** Whom at least one of them names. */
export function joinSets(a: ApproverSet, b: ApproverSet): ApproverSet {
  const join = (one: readonly string[] = [], other: readonly string[] = []): string[] =>
    [...new Set([...one, ...other])].toSorted();
  return setOf(join(a.roles, b.roles), join(a.principals, b.principals), join(a.groups, b.groups));
}

function intersectSets(a: ApproverSet, b: ApproverSet): ApproverSet {
  return setOf(
    intersect(a.roles, b.roles),
    intersect(a.principals, b.principals),
    intersect(a.groups ?? [], b.groups ?? []),
  );
}

export function setOf(roles: string[], principals: string[], groups: string[]): ApproverSet {
  return { roles, principals, ...(groups.length > 0 ? { groups } : {}) };
}

function combineNames(a: string, b: string): string {
  if (a === combinedTermsName || b === combinedTermsName) return combinedTermsName;
  const joined = [...new Set([...a.split('+'), ...b.split('+')])].toSorted().join('+');
  return joined.length <= longestName ? joined : combinedTermsName;
}

function intersect(a: readonly string[], b: readonly string[]): string[] {
  const other = new Set(b);
  return [...new Set(a)].filter((value) => other.has(value)).toSorted();
}
