/** What a grant covers, in people's words: one text for every channel. Values are made visible; channels escape them. */
import type { ApprovalTerms, ApproverSet } from '../contracts/approval.ts';
import type { Grant } from '../contracts/grant.ts';
import { makeVisible } from '../make-visible.ts';

export interface GrantLine {
  label: string;
  text: string;
}

/** @param isProposed false: it is what somebody is about to propose, and its time begins when they do */
export function grantLines(grant: Grant, isProposed = true): GrantLine[] {
  const { tool, environment, agent, scope, uses, risk, labels, rules, expiresAt, grantedAt, request } = grant;
  const names = Object.keys(grant.arguments).toSorted();
  return [
    { label: 'covers', text: `${makeVisible(tool.name)} on ${makeVisible(environment)}` },
    ...names.map((name) => ({ label: 'argument', text: `${makeVisible(name)} ${patternWords(grant, name)}` })),
    ...(names.length === 0 ? [{ label: 'argument', text: 'none at all' }] : []),
    {
      label: 'in',
      text:
        scope === 'run'
          ? `run ${makeVisible(request.workflowId)} alone`
          : `every run of agent ${makeVisible(agent)} in this environment`,
    },
    { label: 'uses', text: uses === 1 ? 'once' : `at most ${uses} times` },
    {
      label: 'until',
      text: isProposed
        ? `${new Date(expiresAt).toISOString()} (${durationWords(expiresAt - grantedAt)} from when it was proposed)`
        : `${durationWords(expiresAt - grantedAt)} from when you approve it`,
    },
    { label: 'risk', text: `up to ${risk}` },
    {
      label: 'after',
      text: labels.length === 0 ? 'reading nothing that has a label' : `reading nothing but ${labels.join(', ')}`,
    },
    { label: 'asked by', text: rules.map(makeVisible).join(', ') },
    { label: 'proposed by', text: makeVisible(grant.proposedBy) },
    { label: 'stands with', text: votesWords(request.terms) },
  ];
}

/** Of the request's own terms, which are the strictest of all that asked. Each gate holds it against what it then asks for. */
function votesWords({ name, quorum, thresholds = [] }: ApprovalTerms): string {
  const seats = thresholds.filter(({ approve }) => approve !== undefined && approve > 0);
  const people = quorum === 1 ? 'one approval' : `${quorum} approvals`;
  const besides =
    seats.length === 0 ? '' : ` that fill the seats of ${seats.map(({ from }) => setWords(from)).join(' and of ')}`;
  return `${people} of exactly this grant${besides}, by terms "${makeVisible(name)}"; stricter terms at a call hold for that call`;
}

function setWords({ roles, groups = [], principals }: ApproverSet): string {
  return [...roles, ...groups, ...principals].map(makeVisible).join(', ');
}

function patternWords(grant: Grant, name: string): string {
  const pattern = grant.arguments[name];
  switch (pattern?.kind) {
    case 'exactly':
      return `is exactly ${makeVisible(pattern.json)}`;
    case 'one-of':
      return `is one of ${pattern.json.map(makeVisible).join(', ')}`;
    case 'like':
      return `is like ${pattern.globs.map((glob) => makeVisible(JSON.stringify(glob))).join(' or ')}`;
    default:
      return 'is nothing';
  }
}

function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
