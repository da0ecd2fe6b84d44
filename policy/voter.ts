/**
 * Whether somebody's vote may count under an ask's terms: separation of duties, who is named, who edited it, channel, fresh
 * confirmation, reason. Gateway and gate ask the same question here. Not checked: signatures, the deadline, how the voter signed in.
 */
import { isNamedBy } from '../core/approver-set.ts';
import { time } from '../core/card/card-line.ts';
import { type ApprovalTerms, type ApproverSet, type Channel, type VoteVerdict } from '../core/contracts/approval.ts';
import { type Risk, riskSchema } from '../core/contracts/labels.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { groupsOf, personOf, rolesOf } from './roles.ts';
import { saysYes } from '../core/says-yes.ts';

export interface AskedUnder {
  terms: ApprovalTerms;
  risk: Risk;
  askedAt: number;
  /** Whoever edited the call's arguments; absent: nobody. */
  coAuthors?: readonly string[] | undefined;
}

export interface Voter {
  principal: string;
  /** Roles that the identity claims, from the credential and never from text. */
  claims: readonly string[];
}

export interface CastVote {
  verdict: VoteVerdict;
  castAt: number;
  /** Null: any, for the question who could answer at all. */
  channel: Channel | null;
  hasReason: boolean;
  isConfirmed: boolean;
}

export type JudgedVoter =
  | { kind: 'may'; roles: string[]; groups: string[]; person: string; seats: number[] }
  | { kind: 'may-not'; reason: string };

type JudgingPolicy = Pick<CompiledPolicy, 'roles' | 'principals' | 'groups' | 'people'>;

/**
 * @param policies all of them must name the voter; roles and groups are those of the first
 * @param requesters everybody whose request this is. When it is empty nobody may vote unless the terms let requesters:
 * separation that cannot be checked is not separation.
 */
export function judgeVoter(
  ask: AskedUnder,
  policies: readonly JudgingPolicy[],
  requesters: readonly string[],
  voter: Voter,
  cast: CastVote,
): JudgedVoter {
  const { terms, askedAt } = ask;
  const refusal =
    separationRefusal(terms, policies, requesters, voter, cast) ??
    coAuthorRefusal(ask, policies, voter, cast) ??
    (cast.verdict === 'break-glass' ? breakGlassRefusal(ask, cast) : castRefusal(ask, cast));
  if (refusal !== undefined) return { kind: 'may-not', reason: refusal };
  const sets = whoMay(terms, cast, askedAt);
  const named = policies.map((policy) => ({
    principal: voter.principal,
    roles: rolesOf(policy, voter.principal, voter.claims),
    groups: groupsOf(policy, voter.principal, voter.claims),
  }));
  const [first] = named;
  if (!first || !named.every((one) => sets.some((set) => isNamedBy(set, one)))) {
    return { kind: 'may-not', reason: whyNotNamed(ask, named, voter, cast) };
  }
  const seats = (terms.thresholds ?? []).flatMap(({ from }, index) =>
    named.every((one) => isNamedBy(from, one)) ? [index] : [],
  );
  return { kind: 'may', roles: first.roles, groups: first.groups, person: personOf(policies, voter.principal), seats };
}

/** Whoever is asked later is told from when on. */
function whyNotNamed(
  { terms, askedAt }: AskedUnder,
  named: readonly Parameters<typeof isNamedBy>[1][],
  { principal }: Voter,
  cast: CastVote,
): string {
  const { name, escalation } = terms;
  if (escalation && named.length > 0) {
    const from = askedAt + escalation.afterMs;
    const later = whoMay(terms, { ...cast, castAt: from }, askedAt);
    if (cast.castAt < from && named.every((one) => later.some((set) => isNamedBy(set, one)))) {
      return `"${principal}" may answer from ${time(from)} on, when terms "${name}" ask more people`;
    }
  }
  return `"${principal}" is not ${namedFor(terms, cast)} under terms "${name}"`;
}

function namedFor({ edits, breakGlass }: ApprovalTerms, { verdict }: CastVote): string {
  if (verdict === 'break-glass') return `one with role "${breakGlass?.role}"`;
  return verdict === 'edit' && edits?.by ? 'one who may edit' : 'an approver';
}

/** Whether an answer may come from whoever is behind the request. Nobody breaks the glass for themselves, whatever terms say. */
export function mayBeRequesters({ requesterMayApprove }: ApprovalTerms, verdict: VoteVerdict): boolean {
  return requesterMayApprove && verdict !== 'break-glass';
}

function separationRefusal(
  terms: ApprovalTerms,
  policies: readonly JudgingPolicy[],
  requesters: readonly string[],
  { principal }: Voter,
  { verdict }: CastVote,
): string | undefined {
  if (principal === '') return 'the approver is not known';
  if (mayBeRequesters(terms, verdict)) return undefined;
  if (requesters.length === 0) return 'the requester is not known';
  const person = personOf(policies, principal);
  const isRequester = requesters.some((one) => one === principal || personOf(policies, one) === person);
  return isRequester ? `the requester may not approve under terms "${terms.name}"` : undefined;
}

function whoMay(terms: ApprovalTerms, { verdict, castAt }: CastVote, askedAt: number): ApproverSet[] {
  const { approvers, escalation, edits, breakGlass } = terms;
  if (verdict === 'break-glass') return breakGlass ? [{ roles: [breakGlass.role], principals: [] }] : [];
  if (verdict === 'edit' && edits?.by) return [edits.by];
  return escalation && castAt >= askedAt + escalation.afterMs ? [approvers, escalation.to] : [approvers];
}

/** Not even where requesters may: an edit and its approval would be one person's word. Denying and editing again stay theirs. */
function coAuthorRefusal(
  { coAuthors = [] }: AskedUnder,
  policies: readonly JudgingPolicy[],
  { principal }: Voter,
  { verdict }: CastVote,
): string | undefined {
  if (!saysYes(verdict)) return undefined;
  const person = personOf(policies, principal);
  const edited = coAuthors.some((one) => one === principal || personOf(policies, one) === person);
  return edited ? 'whoever edited the arguments does not approve them' : undefined;
}

/** What stops something needs neither channel nor confirmation; an edit is approved afterwards, and confirmed then. */
function castRefusal({ terms, risk }: AskedUnder, cast: CastVote): string | undefined {
  if (terms.reasonRequired && !cast.hasReason) return 'its terms require a reason';
  if (cast.verdict !== 'approve' && cast.verdict !== 'edit') return undefined;
  const wrongChannel = cast.channel === null ? undefined : channelRefusal({ terms, risk }, cast.channel, cast.verdict);
  if (wrongChannel !== undefined || cast.verdict === 'edit') return wrongChannel;
  const isUnconfirmed = needsStepUp(terms, risk) && !cast.isConfirmed;
  return isUnconfirmed ? `its terms require a fresh confirmation from risk ${terms.stepUpFrom}` : undefined;
}

/** Only where a person sees the whole card and types a confirmation, and never where the terms' own ceilings end. */
const breakGlassChannels: readonly Channel[] = ['api', 'terminal', 'web'];

function breakGlassRefusal(ask: AskedUnder, { channel, hasReason, isConfirmed }: CastVote): string | undefined {
  const { terms } = ask;
  if (!terms.breakGlass) return `terms "${terms.name}" know no break-glass`;
  if (!hasReason) return 'break-glass requires a reason';
  if (!isConfirmed) return 'break-glass requires a fresh confirmation';
  if (channel === null) return undefined;
  return breakGlassChannels.includes(channel)
    ? channelRefusal(ask, channel)
    : `the glass cannot be broken through channel "${channel}"`;
}

/** Why nobody may approve it through this channel; undefined where the terms let it. */
export function channelRefusal(
  { terms, risk }: Pick<AskedUnder, 'terms' | 'risk'>,
  channel: Channel,
  verdict: VoteVerdict = 'approve',
): string | undefined {
  const ceiling = terms.channels?.[channel];
  return ceiling !== undefined && isAbove(risk, ceiling)
    ? `under terms "${terms.name}" risk ${risk} cannot be ${verdict === 'edit' ? 'edited' : 'approved'} through channel "${channel}"`
    : undefined;
}

/** Whether an approval at this risk needs a fresh confirmation by its voter. */
export function needsStepUp({ stepUpFrom }: ApprovalTerms, risk: Risk): boolean {
  return stepUpFrom !== undefined && (risk === stepUpFrom || isAbove(risk, stepUpFrom));
}

function isAbove(risk: Risk, ceiling: Risk | 'none'): boolean {
  return ceiling === 'none' || riskSchema.options.indexOf(risk) > riskSchema.options.indexOf(ceiling);
}
