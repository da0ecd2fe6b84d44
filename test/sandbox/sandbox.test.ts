/** The sandbox as root and as a plain user of the same machine. Needs root; test/unit/tools/sandbox.test.ts does not. */
import { expect, test } from 'vitest';
import { describeBounds } from './bounds-contract.ts';
import { plainUser, thisProcess } from './callers.ts';
import { describeReach } from './reach-contract.ts';
import { describeState } from './state-contract.ts';

test('the sandbox tests run as root', () => {
  expect(process.getuid?.(), 'run this project as root: npm run test:sandbox').toBe(0);
});

for (const [who, caller] of [
  ['root', thisProcess],
  ['a plain user', plainUser],
] as const) {
  describeReach(`the reach of a sandbox called by ${who}`, caller);
  describeBounds(`the bounds of a sandbox called by ${who}`, caller);
  describeState(`keys out of reach of a sandboxed shell tool called by ${who}, with`, caller);
}
