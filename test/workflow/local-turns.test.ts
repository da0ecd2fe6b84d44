/** Local activities take turns, whatever order they end in and whether or not they fail: a replay needs it (P5). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { localTurns } from '../../workflows/local-turns.ts';

interface Chain {
  /** What each of its local activities comes to, one after the other. */
  ends: ('answer' | 'failure')[];
}

const chains = fc.array(
  fc.record<Chain>({ ends: fc.array(fc.constantFrom('answer', 'failure'), { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 5 },
);

it('never two at once, each in the order of asking, and none is forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(chains, fc.scheduler(), async (asked, scheduler) => {
      const inTurn = localTurns();
      const asking: string[] = [];
      const started: string[] = [];
      let running = 0;
      let most = 0;
      const follow = async ({ ends }: Chain, chain: number): Promise<void> => {
        for (const [index, end] of ends.entries()) {
          asking.push(`${chain}.${index}`);
          await inTurn(async () => {
            started.push(`${chain}.${index}`);
            most = Math.max(most, (running += 1));
            await scheduler.schedule(Promise.resolve());
            running -= 1;
            if (end === 'failure') throw new Error('it ran out of time');
          }).catch(() => undefined);
        }
      };
      const all = Promise.all(asked.map(follow));
      await scheduler.waitFor(all);
      expect(most).toBe(1);
      expect(started).toEqual(asking);
      expect(started).toHaveLength(asked.flatMap(({ ends }) => ends).length);
    }),
  );
});

it('who is alone starts at once: nothing else of the run gets in between', async () => {
  const inTurn = localTurns();
  let hasStarted = false;
  const ended = inTurn(async () => {
    hasStarted = true;
  });
  expect(hasStarted).toBe(true);
  await ended;
});
