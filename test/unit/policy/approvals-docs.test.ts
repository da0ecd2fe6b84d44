/** Runs docs/approvals.md: each policy must load, and its votes must come to the outcomes that the page says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { decideApproval, type VoteEvidence } from '../../../core/approval.ts';
import { type ApprovalTerms, channelSchema, type SignedVote, type VoteBody } from '../../../core/contracts/approval.ts';
import { riskSchema } from '../../../core/contracts/labels.ts';
import { digestText } from '../../../core/digest.ts';
import { type CompiledPolicy, judgeVoter } from '../../../policy/index.ts';
import { parseDuration } from '../../../policy/duration.ts';
import { approvalSourceSchema } from '../../../policy/schema-terms.ts';
import { ask, askBody, voteBody } from '../../vectors/samples.ts';
import { loaded } from './policy-fixtures.ts';

const page = readFileSync(new URL('../../../docs/approvals.md', import.meta.url), 'utf8');
const blocks = (kind: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`yaml ${kind}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => String(text));

const exampleSchema = z.array(
  z.strictObject({
    votes: z.array(z.string()).min(1),
    outcome: z.enum(['open', 'approved', 'denied', 'expired', 'superseded']),
    /** Whoever edited the call before. */
    editedBy: z.string().optional(),
    risk: riskSchema.default('low'),
    requester: z.string().default('rita'),
  }),
);
type Example = z.infer<typeof exampleSchema>[number];

const askedAt = ask.askedAt;
const sentence =
  /^(?<who>\S+) (?<verb>approves|denies|withdraws|edits|breaks the glass)(?: at (?<at>\S+))?(?: in (?<channel>\S+))?(?<confirmed> confirmed)?$/u;

const verdictOf: Readonly<Record<string, VoteBody['verdict']>> = {
  approves: 'approve',
  denies: 'deny',
  withdraws: 'withdraw',
  edits: 'edit',
  'breaks the glass': 'break-glass',
};
const anyDigest = digestText('arguments', '{}');

function voteOf(text: string, index: number, earlier: readonly SignedVote[]): SignedVote {
  const { who = '', verb, at, channel, confirmed } = sentence.exec(text)?.groups ?? {};
  const verdict = verdictOf[verb ?? ''] ?? 'deny';
  const own = earlier.find(({ body }) => body.principal === who);
  const body: VoteBody = {
    ...voteBody,
    nonce: ask.nonce,
    askDigest: digestText('decision', 'the ask'),
    cardDigest: ask.cardDigest,
    termsDigest: ask.termsDigest,
    principal: who,
    roles: [],
    verdict,
    channel: channelSchema.parse(channel ?? 'api'),
    castAt: askedAt + index + (at === undefined ? 0 : (parseDuration(at) ?? Number.NaN)),
    // Nobody breaks the glass without either.
    reason: verdict === 'break-glass' ? 'nobody else answers' : voteBody.reason,
    authenticated: {
      ...voteBody.authenticated,
      ...(confirmed || verdict === 'break-glass' ? { stepUp: 'typed-yes' as const } : {}),
    },
    ...(verdict === 'edit' ? { edits: { argumentsDigest: anyDigest, argumentsBody: anyDigest } } : {}),
    ...(verdict === 'withdraw' && own ? { withdraws: digestOf(own) } : {}),
  };
  return { domain: 'vote', kid: 'vote', audience: 'docs', issuedAt: body.castAt, body, signature: 'A'.repeat(86) };
}

const digestOf = ({ body }: SignedVote): string =>
  digestText('vote', `${body.principal} ${body.verdict} ${body.castAt}`);

function outcomeOf(policy: CompiledPolicy, terms: ApprovalTerms, example: Example): string {
  const votes: SignedVote[] = [];
  const coAuthors = example.editedBy === undefined ? [] : [example.editedBy];
  for (const [index, text] of example.votes.entries()) votes.push(voteOf(text, index, votes));
  const evidence = votes.map((vote): VoteEvidence => {
    const { principal, verdict, castAt, channel, authenticated } = vote.body;
    const judged = judgeVoter(
      { terms, risk: example.risk, askedAt, coAuthors },
      [policy],
      [example.requester],
      { principal, claims: [] },
      { verdict, castAt, channel, hasReason: true, isConfirmed: authenticated.stepUp !== undefined },
    );
    const roles = judged.kind === 'may' ? judged.roles : [];
    const known = { vote: { ...vote, body: { ...vote.body, roles } }, digest: digestOf(vote), valid: true };
    return judged.kind === 'may'
      ? { ...known, eligible: true, person: judged.person, seats: judged.seats }
      : { ...known, eligible: false };
  });
  const deadlineAt = askedAt + terms.deadlineMs;
  const editable = { schemaBody: anyDigest, left: 1 };
  const input = {
    ask: { ...ask, terms, deadlineAt, editable },
    askDigest: digestText('decision', 'the ask'),
    votes: evidence,
  };
  const last = Math.max(...votes.map(({ body }) => body.castAt));
  return decideApproval({ ...input, closed: last > deadlineAt }).outcome ?? 'open';
}

describe('docs/approvals.md', () => {
  const policies = blocks('policy');
  const examples = blocks('votes');

  it('has votes for each policy', () => {
    expect(askBody.verdict).toBe('ask');
    expect(policies.length).toBeGreaterThan(4);
    expect(examples.length).toBe(policies.length);
  });

  it.each(
    policies.flatMap((text, index) =>
      exampleSchema.parse(parse(String(examples[index]))).map((example) => ({
        policy: index + 1,
        said: `${example.votes.join(', ')}: ${example.outcome}`,
        text,
        example,
      })),
    ),
  )('policy $policy, $said', ({ text, example }) => {
    const policy = loaded(text);
    const terms = policy.terms.get('default');
    if (!terms) throw new TypeError('no default terms');
    expect(example.votes.every((vote) => sentence.test(vote))).toBe(true);
    expect(outcomeOf(policy, terms, example)).toBe(example.outcome);
  });

  it('names every key of terms', () => {
    expect(Object.keys(approvalSourceSchema.shape).filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });
});
