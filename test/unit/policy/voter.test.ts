/** P2: who may vote under terms: groups, several names of one person, channels by risk, fresh confirmation, escalation. */
import { describe, expect, it } from 'vitest';
import type { ApprovalTerms } from '../../../core/contracts/approval.ts';
import { type CastVote, combineTerms, judgeVoter } from '../../../policy/index.ts';
import { loaded, problemsOf } from './policy-fixtures.ts';

const head = `version: 1
roles: { operator: {}, manager: {} }
groups:
  sre: { claims: [on-call], principals: [sam] }
  security: { principals: [sue, sam] }
people: { ann: [ann, ann-admin] }
rules: [{ id: all, reason: Everything, effect: ask, tools: ["*"] }]
approvals:
  default:
`;
const plain = '    approvers: { roles: [operator], groups: [sre] }\n    deadline: 10m\n';
const policyOf = (more = '') => loaded(`${head}${plain}${more}`);
const termsOf = (more = ''): ApprovalTerms => {
  const terms = policyOf(more).terms.get('default');
  if (!terms) throw new TypeError('no terms');
  return terms;
};

const approval: CastVote = { verdict: 'approve', castAt: 0, channel: 'api', hasReason: false, isConfirmed: false };

interface Asked {
  terms?: string;
  by?: string;
  claims?: string[];
  requesters?: string[];
  risk?: 'low' | 'medium' | 'high' | 'critical';
  cast?: Partial<CastVote>;
}

function judge({ terms = '', by = 'sam', claims = [], requesters = ['rita'], risk = 'low', cast = {} }: Asked) {
  const asked = { terms: termsOf(terms), risk, askedAt: 0 };
  return judgeVoter(asked, [policyOf(terms)], requesters, { principal: by, claims }, { ...approval, ...cast });
}
const may = (asked: Asked): boolean => judge(asked).kind === 'may';

const leads = '    edits: { by: { roles: [manager] } }\n';

describe('judgeVoter', () => {
  it.each<[string, Asked, boolean]>([
    ['a member of a group by name', {}, true],
    ['a member of a group by what the identity claims', { by: 'otto', claims: ['on-call'] }, true],
    ['a holder of the role', { by: 'otto', claims: ['operator'] }, true],
    ['a member of another group', { by: 'sue' }, false],
    ['whoever claims to be a group', { by: 'otto', claims: ['sre'] }, false],
    ['the requester under another name', { by: 'ann-admin', claims: ['operator'], requesters: ['ann'] }, false],
    ['the other name of nobody who asked', { by: 'ann-admin', claims: ['operator'] }, true],
  ])('says of %s', (_, asked, expected) => {
    expect(may(asked)).toBe(expected);
  });

  it('names the person behind two names, and the seats that the voter can fill', () => {
    const thresholds =
      '    thresholds:\n      - { from: { groups: [security] }, approve: 1 }\n      - { from: { groups: [sre] }, approve: 1 }\n';
    expect(judge({ terms: thresholds })).toMatchObject({ person: 'sam', groups: ['security', 'sre'], seats: [0, 1] });
    expect(judge({ by: 'ann', claims: ['operator'] })).toMatchObject({ person: 'person:ann' });
  });

  const upToMedium = '    channels: { slack: medium, webhook: none }\n';
  it.each<[string, Asked, boolean]>([
    ['an approval through Slack at its ceiling', { risk: 'medium', cast: { channel: 'slack' } }, true],
    ['an approval through Slack above it', { risk: 'high', cast: { channel: 'slack' } }, false],
    ['a denial through Slack above it', { risk: 'high', cast: { channel: 'slack', verdict: 'deny' } }, true],
    ['an approval through a channel that may never', { cast: { channel: 'webhook' } }, false],
    [
      'an approval through a channel that is not named',
      { risk: 'critical', cast: { channel: 'web', isConfirmed: true } },
      true,
    ],
  ])('says of %s', (_, asked, expected) => {
    expect(may({ terms: upToMedium, ...asked })).toBe(expected);
  });

  it.each<[string, Asked, boolean]>([
    ['below it, not confirmed', { risk: 'medium' }, true],
    ['at it, not confirmed', { risk: 'high' }, false],
    ['above it, not confirmed', { risk: 'critical' }, false],
    ['above it, confirmed', { risk: 'critical', cast: { isConfirmed: true } }, true],
    ['a denial above it, not confirmed', { risk: 'critical', cast: { verdict: 'deny' } }, true],
  ])('asks for a fresh confirmation from a risk on: %s', (_, asked, expected) => {
    expect(may({ terms: '    stepUpFrom: high\n', ...asked })).toBe(expected);
  });

  it.each<[string, Asked, boolean]>([
    ['what is critical, not confirmed', { risk: 'critical' }, false],
    ['what is critical, confirmed', { risk: 'critical', cast: { isConfirmed: true } }, true],
    ['what is high, not confirmed', { risk: 'high' }, true],
    ['what is critical, where the terms say never', { risk: 'critical', terms: '    stepUpFrom: none\n' }, true],
  ])(
    'P2 asks whoever approves by terms that do not say for a fresh confirmation of what is critical: %s',
    (_, asked, expected) => {
      for (const channel of ['api', 'terminal', 'web', 'slack', 'webhook'] as const)
        expect(may({ ...asked, cast: { ...asked.cast, channel } })).toBe(expected);
    },
  );

  it('P2 where layers ask together, the one that never wants a confirmation does not speak for the others', () => {
    const [never, silent] = [termsOf('    stepUpFrom: none\n'), termsOf()];
    expect(combineTerms(never, silent).stepUpFrom).toBe('critical');
    expect(combineTerms(never, never).stepUpFrom).toBeUndefined();
  });

  const edit = { verdict: 'edit' } as const;
  it.each<[string, Asked, boolean]>([
    ['an approver, where the terms name nobody else', { cast: edit }, true],
    ['the requester', { by: 'ann-admin', claims: ['operator'], requesters: ['ann'], cast: edit }, false],
    ['an approver whom the terms do not name for it', { terms: leads, cast: edit }, false],
    [
      'whom the terms name, and who may not approve',
      { terms: leads, by: 'mia', claims: ['manager'], cast: edit },
      true,
    ],
    ['somebody of it who approves', { terms: leads, by: 'mia', claims: ['manager'] }, false],
    [
      'an approver through a channel below the risk',
      { terms: upToMedium, risk: 'high', cast: { ...edit, channel: 'slack' } },
      false,
    ],
    ['an approver without the confirmation that approvals need', { terms: '    stepUpFrom: low\n', cast: edit }, true],
    ['an approver without the reason that answers need', { terms: '    reasonRequired: true\n', cast: edit }, false],
  ])('says of an edit by %s', (_, asked, expected) => {
    expect(may(asked)).toBe(expected);
  });

  it('P2 lets whoever edited the call approve it under no name of theirs, also where requesters may', () => {
    const asked = {
      terms: termsOf('    requesterMayApprove: true\n'),
      risk: 'low',
      askedAt: 0,
      coAuthors: ['ann'],
    } as const;
    const as = (principal: string, verdict: CastVote['verdict']) =>
      judgeVoter(asked, [policyOf()], ['rita'], { principal, claims: ['operator'] }, { ...approval, verdict }).kind;
    expect([as('ann', 'approve'), as('ann-admin', 'approve'), as('otto', 'approve')]).toEqual([
      'may-not',
      'may-not',
      'may',
    ]);
    expect([as('ann', 'deny'), as('ann-admin', 'edit')]).toEqual(['may', 'may']);
  });

  it('lets those of the escalation answer from its time on, and not before', () => {
    const terms = '    escalation: { after: 5m, to: { roles: [manager] } }\n';
    const manager = { terms, by: 'mia', claims: ['manager'] };
    expect(may({ ...manager, cast: { castAt: 299_999 } })).toBe(false);
    expect(may({ ...manager, cast: { castAt: 300_000 } })).toBe(true);
    expect(judge({ ...manager, cast: { castAt: 299_999 } })).toMatchObject({
      reason: '"mia" may answer from 1970-01-01T00:05:00.000Z on, when terms "default" ask more people',
    });
    for (const cast of [
      { castAt: 0, verdict: 'edit' as const },
      { castAt: 0, verdict: 'deny' as const },
    ]) {
      expect(judge({ ...manager, cast })).toMatchObject({ reason: expect.stringContaining('from 1970') as unknown });
    }
    expect(judge({ ...manager, by: 'zoe', claims: [], cast: { castAt: 0 } })).toMatchObject({
      reason: expect.stringContaining('"zoe" is not an approver') as unknown,
    });
  });
});

describe('combineTerms of the newer keys', () => {
  const combined = (a: string, b: string): ApprovalTerms => combineTerms(termsOf(a), termsOf(b));
  it('takes the stricter of each', () => {
    expect(
      combined(
        '    denials: 3\n    channels: { slack: high }\n    stepUpFrom: high\n',
        '    denials: 2\n    channels: { slack: low, webhook: none }\n    stepUpFrom: critical\n',
      ),
    ).toMatchObject({ denials: 2, channels: { slack: 'low', webhook: 'none' }, stepUpFrom: 'high' });
  });
  it('lets one denial deny where one of them says nothing of it', () => {
    expect(combined('    denials: 3\n', '')).not.toHaveProperty('denials');
  });
  it('keeps the seats of both, and the same people once', () => {
    const security = (more: string) => `    thresholds: [{ from: { groups: [security] }, ${more} }]\n`;
    const both = combined(security('approve: 2, deny: 3'), security('approve: 1, deny: 1'));
    expect(both.thresholds).toEqual([
      { from: { roles: [], principals: [], groups: ['security'] }, approve: 2, deny: 1 },
    ]);
  });
  it('lets those answer later whom both name by then', () => {
    const both = combined(
      '    escalation: { after: 2m, to: { roles: [manager] } }\n',
      '    escalation: { after: 5m, to: { roles: [manager] } }\n',
    );
    expect(both.escalation).toMatchObject({ afterMs: 300_000, to: { roles: ['manager', 'operator'] } });
    expect(combined('    escalation: { after: 2m, to: { roles: [manager] } }\n', '').escalation?.to.roles).toEqual([
      'operator',
    ]);
  });
  it('lets a call be edited as seldom as the stricter says, by whom both name', () => {
    expect(combined('    edits: { most: 2 }\n', '').edits).toEqual({ most: 2 });
    expect(combined('    edits: { most: 5 }\n', '').edits).toEqual({ most: 3 });
    expect(combined('    edits: { most: 0 }\n', leads).edits?.most).toBe(0);
    // Who may answer under the one is no manager: nobody is left.
    expect(combined(leads, '').edits).toEqual({ by: { roles: [], principals: [] }, most: 3 });
    expect(combined('', '')).not.toHaveProperty('edits');
  });
  it('asks a fallback only where both have one', () => {
    expect(combined('    fallback: { roles: [manager] }\n', '')).not.toHaveProperty('fallback');
  });
});

describe('terms as they are written', () => {
  const complaints = (text: string): string[] => problemsOf(`${head}${plain}${text}`);
  it.each<[string, string, string]>([
    ['a group that is not declared', '    fallback: { groups: [srre] }\n', 'the group "srre"'],
    ['a role that is not declared', '    escalation: { after: 5m, to: { roles: [boss] } }\n', 'the role "boss"'],
    ['an empty set of people', '    fallback: {}\n', 'no approvers'],
    ['a role that may edit and is not declared', '    edits: { by: { roles: [boss] } }\n', 'the role "boss"'],
    ['more edits than there can be', '    edits: { most: 11 }\n', 'most'],
    ['a threshold of nothing', '    thresholds: [{ from: { groups: [sre] } }]\n', 'asks for nothing'],
    ['a reminder at the deadline', '    reminders: [10m]\n', 'not before the deadline'],
    ['an escalation after the deadline', '    escalation: { after: 11m, to: { roles: [manager] } }\n', 'not before'],
    ['a channel that there is not', '    channels: { pigeon: low }\n', 'pigeon'],
    ['a key that there is not', '    denails: 2\n', 'denails'],
  ])('complain of %s', (_, text, expected) => {
    expect(complaints(text).join('\n')).toContain(expected);
  });
  it('complain of a principal that is two people', () => {
    const twice = head.replace('[ann, ann-admin] }', '[ann, ann-admin], bea: [bea, ann] }');
    expect(problemsOf(`${twice}${plain}`).join('\n')).toContain('the principal "ann" a second time');
  });
});
