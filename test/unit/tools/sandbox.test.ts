/** The sandbox as whoever runs the tests. Needs user namespaces; without them each test fails with the remedy. */
import { expect, test } from 'vitest';
import { createUnshareSandbox } from '../../../tools/sandbox/unshare-sandbox.ts';
import { describeBounds } from '../../sandbox/bounds-contract.ts';
import { thisProcess } from '../../sandbox/callers.ts';
import { describeReach } from '../../sandbox/reach-contract.ts';
import { describeState } from '../../sandbox/state-contract.ts';

test('the unshare sandbox is available on this machine', async () => {
  expect(await createUnshareSandbox().available()).toEqual({
    ok: true,
    version: expect.stringMatching(/^unshare from util-linux \d/u) as string,
  });
});

test('the trial run is made once for a sandbox', () => {
  const sandbox = createUnshareSandbox({ platform: 'darwin' });
  expect(sandbox.available()).toBe(sandbox.available());
});

describeReach('the reach of a sandbox called by this user', thisProcess);
describeBounds('the bounds of a sandbox called by this user', thisProcess);
describeState('keys out of reach of a sandboxed shell tool, with', thisProcess);
