/** What a grant covers, in people's words: one text for every channel. Values are made visible; channels escape them. */
import type { Grant } from '../contracts/grant.ts';
import { makeVisible } from '../make-visible.ts';

export interface GrantLine {
  label: string;
  text: string;
}

export function grantLines(grant: Grant): GrantLine[] {
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
      text: `${new Date(expiresAt).toISOString()} (${durationWords(expiresAt - grantedAt)} from when it was proposed)`,
    },
    { label: 'risk', text: `up to ${risk}` },
    {
      label: 'after',
      text: labels.length === 0 ? 'reading nothing that has a label' : `reading nothing but ${labels.join(', ')}`,
    },
    { label: 'asked by', text: rules.map(makeVisible).join(', ') },
    { label: 'proposed by', text: makeVisible(grant.proposedBy) },
  ];
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
