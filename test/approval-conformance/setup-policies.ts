/** What the setups of the cases are in our policy language. */
import type { Setup } from './driver.ts';

const terms: Readonly<Record<Setup, string>> = {
  one: '{ approvers: { roles: [operator] }, deadline: 60s }',
  two: '{ approvers: { roles: [operator] }, quorum: 2, deadline: 60s }',
  hasty: '{ approvers: { roles: [operator] }, deadline: 3s }',
  'hasty-two': '{ approvers: { roles: [operator] }, quorum: 2, deadline: 6s }',
  seats: `{
    approvers: { groups: [sre, security] },
    thresholds: [{ from: { groups: [sre] }, approve: 1 }, { from: { groups: [security] }, approve: 1 }],
    deadline: 60s
  }`,
  confirmed: '{ approvers: { roles: [operator] }, stepUpFrom: low, deadline: 60s }',
  nobody: '{ approvers: { roles: [ghost] }, deadline: 60s }',
  granting: '{ approvers: { roles: [operator] }, deadline: 60s, grants: { ttl: 1h, uses: 3, scope: agent } }',
  'granting-two':
    '{ approvers: { roles: [operator] }, quorum: 2, deadline: 60s, grants: { ttl: 1h, uses: 3, scope: agent } }',
  emergency: '{ approvers: { roles: [operator] }, quorum: 2, denials: 2, deadline: 60s, breakGlass: { role: lead } }',
  'hasty-emergency': '{ approvers: { roles: [operator] }, quorum: 2, deadline: 6s, breakGlass: { role: lead } }',
  'short-links': '{ approvers: { roles: [operator] }, deadline: 60s }',
};

export function policyOf(setup: Setup, tool: string): string {
  return `version: 1
roles: { operator: {}, ghost: {}, lead: {} }
groups:
  sre: { claims: [sre] }
  security: { claims: [security] }
approvals:
  default: ${terms[setup]}
rules:
  - { id: asks, effect: ask, tools: [${tool}], reason: a person must see it }
`;
}
