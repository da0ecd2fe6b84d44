/** `countersign pace`: who approves sooner than a card can be read, in words and as JSON. */
import { expect, test } from 'vitest';
import { now, runCli, startFakeGateway } from './run-cli.ts';

const dayMs = 24 * 60 * 60_000;
const approvers = [
  { principal: 'bob', approvals: 41, medianMs: 3000, tooSoon: 17 },
  { principal: 'carol', approvals: 1, medianMs: 250_000, tooSoon: 0 },
];

async function paceOf(answer: object, ...words: string[]) {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/approvals/pace', () => answer);
  const { requests } = gateway;
  return { ...(await runCli(['pace', ...words], gateway)), requests };
}

test('says of each how many, how fast and how many too soon', async () => {
  const from = now - 7 * dayMs;
  const { exit, stdout, stderr, requests } = await paceOf({ from, complete: false, approvers }, '--days', '7');
  expect(exit).toBe(0);
  expect(requests[0]?.path).toBe(`/v1/approvals/pace?from=${from}`);
  expect(stdout).toBe(
    'bob: 41 approvals, half within 3 s, 17 too soon to have been read\n' +
      'carol: 1 approval, half within 4 min 10 s, none too soon\n',
  );
  expect(stderr).toContain('There were more');
});

test('prints the gateway’s answer under --json, and says so where nobody approved', async () => {
  const answer = { from: 0, complete: true, approvers };
  expect(JSON.parse((await paceOf(answer, '--json')).stdout)).toEqual(answer);
  const none = await paceOf({ ...answer, approvers: [] });
  expect([none.exit, none.stdout]).toEqual([0, '']);
  expect(none.stderr).toContain('Nobody approved anything within 30 days');
});

test.each(['0', '-1', 'week', '1.5'])('--days %s is refused', async (days) => {
  const { exit, requests } = await paceOf({ from: 0, complete: true, approvers }, `--days=${days}`);
  expect([exit, requests]).toEqual([2, []]);
});
