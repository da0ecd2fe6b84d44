import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decideByPolicy, defaultPolicyText, defaultTerms, formatPolicy } from '../../../policy/index.ts';
import { call, loaded } from './policy-fixtures.ts';

const policy = loaded(defaultPolicyText);
const decide = (name: string, effect: 'read' | 'idempotent' | 'effect') =>
  decideByPolicy(policy, call({ tool: { name, effect } }));

describe('the default policy', () => {
  it('is the text of default-policy.yaml', () => {
    expect(defaultPolicyText).toBe(
      readFileSync(new URL('../../../policy/default-policy.yaml', import.meta.url), 'utf8'),
    );
  });

  it('is in the one form that policies have', () => {
    expect(formatPolicy(defaultPolicyText, 'policy.yaml')).toEqual({ kind: 'text', text: defaultPolicyText });
  });

  it('allows reads and asks for what changes something', () => {
    expect(decide('read_logs', 'read').verdict).toBe('allow');
    expect(decide('restart_service', 'idempotent')).toMatchObject({ verdict: 'ask', terms: { name: 'default' } });
    expect(decide('send_email', 'effect')).toMatchObject({ verdict: 'ask', terms: { name: 'default' } });
  });

  it.each([
    'delete_database',
    'drop_table',
    'table_drop',
    'db_drop_all',
    'truncate_table',
    'undelete',
    'destroy_cluster',
  ])('asks for %s with high risk, whatever effect the tool claims', (name) => {
    for (const effect of ['read', 'idempotent', 'effect'] as const) {
      expect(decide(name, effect)).toMatchObject({ verdict: 'ask', risk: 'high', terms: { reasonRequired: true } });
    }
  });

  it('denies a tool whose effect class it does not know', () => {
    expect(decide('read_logs', 'harmless' as 'read').verdict).toBe('deny');
  });

  it('says loudly that the requester may approve', () => {
    expect(defaultTerms(policy)?.requesterMayApprove).toBe(true);
    expect(defaultPolicyText).toContain('# WARNING: requesterMayApprove');
  });

  it('lets operators and admins approve, nobody else', () => {
    expect(defaultTerms(policy)?.approvers).toEqual({ roles: ['admin', 'operator'], principals: [] });
  });
});
