/** `break-glass` and `reviews`: what is sent is what was shown and confirmed by a person; what the gateway would refuse sends nothing. */
import { describe, expect, test } from 'vitest';
import type { ReviewView } from '../../../client/review-schemas.ts';
import { applied, gatewayWith, sent } from './approval-gateway.ts';
import { runCli, startFakeGateway } from './run-cli.ts';
import { approval, nonce } from './views.ts';

const hourMs = 3_600_000;
const { approvers } = approval();
const breakGlass = { role: 'lead', confirmation: 'restart_service', reviewWithinMs: 24 * hourMs };
const you = { mayAnswer: false, mayDeny: false, reason: 'you are no approver', mayBreakGlass: true as const };
const view = approval({ approvers: { ...approvers, quorum: 2, breakGlass }, you });
const line = ['break-glass', nonce.slice(0, 8), '--reason', 'nobody else answers'];

describe('break-glass', () => {
  test('shows the card and what it costs, wants the word yes, and sends reason and confirmation', async () => {
    const gateway = await gatewayWith(view, applied);
    const { exit, stdout, stderr } = await runCli(line, { ...gateway, answers: ['yes'] });
    expect(exit).toBe(0);
    const card = { cardDigest: view.cardDigest, channel: 'terminal' };
    expect(sent(gateway)).toEqual([
      { ...card, verdict: 'break-glass', reason: 'nobody else answers', confirmation: 'yes' },
    ]);
    expect(stderr).toContain('You answer alone what needs 2. Everybody is told at once, and two others review it');
    expect(stderr).toContain('role lead may break the glass');
    expect(stdout).toContain('the request is approved');
  });

  test.each(['y', 'no', ''])('sends nothing where "%s" was typed', async (word) => {
    const gateway = await gatewayWith(view, applied);
    expect((await runCli(line, { ...gateway, answers: [word] })).exit).not.toBe(0);
    expect(sent(gateway)).toEqual([]);
  });

  test('sends nothing without a person to type it, and knows no --yes', async () => {
    const gateway = await gatewayWith(view, applied);
    const alone = await runCli(line, gateway);
    expect(alone.exit).toBe(2);
    expect(alone.stderr).toContain('a person types the word yes');
    expect((await runCli([...line, '--yes'], gateway)).exit).toBe(2);
    expect(sent(gateway)).toEqual([]);
  });

  test.each<[string, Parameters<typeof approval>[0], string]>([
    ['whose terms know none', { you: { mayAnswer: true, mayDeny: true, reason: null } }, 'know no break-glass'],
    [
      'that is not yours to break',
      { approvers: view.approvers, you: { ...you, mayBreakGlass: undefined } as never },
      'role "lead"',
    ],
    ['that is closed', { approvers: view.approvers, you, open: false, outcome: 'denied' }, 'it is denied'],
  ])('sends nothing for a request %s', async (_name, changes, why) => {
    const gateway = await gatewayWith(approval(changes), applied);
    const { exit, stderr } = await runCli(line, { ...gateway, answers: ['yes'] });
    expect(exit).not.toBe(0);
    expect(stderr).toContain(why);
    expect(sent(gateway)).toEqual([]);
  });

  test('needs a reason', async () => {
    const gateway = await gatewayWith(view, applied);
    expect((await runCli(line.slice(0, 2), { ...gateway, answers: ['yes'] })).exit).toBe(2);
    expect((await runCli([...line.slice(0, 3), ' '], { ...gateway, answers: ['yes'] })).exit).toBe(2);
    expect(sent(gateway)).toEqual([]);
  });
});

const review: ReviewView = {
  nonce,
  approvalId: view.approvalId,
  workflowId: view.workflowId,
  callKey: view.callKey,
  tool: 'restart_service',
  agent: 'ops',
  environment: 'production',
  risk: 'high',
  text: 'the card',
  by: 'mia',
  role: 'lead',
  reason: 'it burns \u202E',
  castAt: 1_800_000_000_000,
  channel: 'terminal',
  authenticated: 'api-key k1, confirmed by typed-yes',
  dueAt: 1_800_000_000_000 + 24 * hourMs,
  overdue: false,
  state: 'open',
  needed: 2,
  signatures: [
    { principal: 'bob', finding: 'not-justified', reason: 'was there', signedAt: 1_800_000_001_000, channel: 'web' },
  ],
  couldAnswer: ['bob', 'carol'],
  you: { maySign: true, reason: null },
};

async function gatewayOf(...reviews: ReviewView[]) {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/reviews', () => ({ reviews, open: reviews.filter(({ state }) => state === 'open').length }));
  for (const one of reviews) {
    gateway.on('GET', `/v1/reviews/${one.nonce}`, () => one);
    gateway.on('POST', `/v1/reviews/${one.nonce}/signatures`, () => ({ ...one, state: 'signed' }));
  }
  return gateway;
}
type Gateway = Awaited<ReturnType<typeof gatewayOf>>;
const signedWith = ({ requests }: Gateway) =>
  requests.filter(({ method }) => method === 'POST').map(({ body }) => body);

describe('reviews', () => {
  test('list says who answered alone, why, until when, and who has signed, with hidden signs visible', async () => {
    const { exit, stdout } = await runCli(['reviews', 'list'], await gatewayOf(review));
    expect(exit).toBe(0);
    expect(stdout).toContain('1 of 2 have signed');
    expect(stdout).toContain('by mia alone, as lead');
    expect(stdout).toContain('it burns \\u{202E}');
    expect(stdout).toMatch(/NOT justified by bob at \S+ from web: was there/);
  });

  test('list says what is overdue, what is yours, and that none is open', async () => {
    const late = { ...review, overdue: true, you: { maySign: false, reason: 'you broke it' } };
    const { stdout } = await runCli(['reviews', 'list'], await gatewayOf(late));
    expect(stdout).toContain('OVERDUE since');
    expect(stdout).toContain('may not sign: you broke it');
    expect((await runCli(['reviews', 'list'], await gatewayOf())).stderr).toContain('No review is open');
  });

  test('list --json is what the gateway said, and show has the card', async () => {
    const listed = await runCli(['reviews', 'list', '--all', '--json'], await gatewayOf(review));
    expect(JSON.parse(listed.stdout)).toEqual({ reviews: [review], open: 1 });
    const shown = await runCli(['reviews', 'show', nonce.slice(0, 8)], await gatewayOf(review));
    expect(shown.stdout).toContain('the card');
  });

  const signing = ['reviews', 'sign', nonce.slice(0, 8), '--finding', 'justified', '--reason', 'I looked'];
  test('sign shows the review, asks, and sends finding and reason', async () => {
    const gateway = await gatewayOf(review);
    const { exit, stdout, stderr } = await runCli(signing, { ...gateway, answers: ['y'] });
    expect(exit).toBe(0);
    expect(stderr).toContain('by mia alone');
    expect(signedWith(gateway)).toEqual([{ finding: 'justified', reason: 'I looked', channel: 'terminal' }]);
    expect(stdout).toContain('the review is closed');
  });

  test('sign asks nobody who may not sign, and says why', async () => {
    const gateway = await gatewayOf({ ...review, you: { maySign: false, reason: 'you broke the glass' } });
    const { exit, stderr, asked } = await runCli(signing, { ...gateway, answers: ['y'] });
    expect({ exit, asked }).toEqual({ exit: 4, asked: [] });
    expect(stderr).toContain('you broke the glass');
    expect(signedWith(gateway)).toEqual([]);
  });

  test.each<[string, string[], string[]]>([
    ['that was not confirmed', signing, ['n']],
    ['with another finding', [...signing.slice(0, 4), 'fine', ...signing.slice(5)], ['y']],
    ['without a reason', signing.slice(0, 5), ['y']],
    ['of a review that is not there', ['reviews', 'sign', 'ffff', ...signing.slice(3)], ['y']],
  ])('sign sends nothing %s', async (_name, args, answers) => {
    const gateway = await gatewayOf(review);
    expect((await runCli(args, { ...gateway, answers })).exit).not.toBe(0);
    expect(signedWith(gateway)).toEqual([]);
  });
});
