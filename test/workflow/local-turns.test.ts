/** Local activities take turns, whatever order they end in and whether or not they fail: a replay needs it (P5). */
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { localTurns } from '../../workflows/local-turns.ts';

/** For turns that nobody waits to be idle for. */
const atOnce = async (): Promise<void> => undefined;

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
      const { inTurn } = localTurns(atOnce);
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
  const { inTurn } = localTurns(atOnce);
  let hasStarted = false;
  const ended = inTurn(async () => {
    hasStarted = true;
  });
  expect(hasStarted).toBe(true);
  await ended;
});

/** The SDK's own way: looked at once, then whenever all that could go on has gone on. */
function restingConditions() {
  const blocked = new Set<{ isSo: () => boolean; resolve: () => void }>();
  return {
    condition: async (isSo: () => boolean): Promise<void> => {
      if (!isSo()) await new Promise<void>((resolve) => blocked.add({ isSo, resolve }));
    },
    /** What the SDK does after each batch of jobs. */
    settle: async (): Promise<void> => {
      for (;;) {
        await setImmediate();
        const free = [...blocked].filter((one) => one.isSo());
        if (free.length === 0) return;
        for (const one of free) {
          blocked.delete(one);
          one.resolve();
        }
      }
    },
  };
}

it('P5 what a signal asks for lets what a result asks for go first, whether they come together or one by one', async () => {
  for (const together of [true, false]) {
    const { condition, settle } = restingConditions();
    const { inTurn, whenIdle } = localTurns(condition);
    const asked: string[] = [];
    const first = Promise.withResolvers<void>();
    let decided = false;
    let signals = 0;
    const ask = (name: string, until: Promise<void>) => async (): Promise<void> => {
      asked.push(name);
      await until;
    };
    const gate = condition(() => decided).then(() => inTurn(ask('gate pass', setImmediate())));
    const inbox = (async () => {
      await whenIdle(ask('votes', first.promise));
      decided = true;
      await condition(() => signals > 0);
      await whenIdle(ask('more votes', Promise.resolve()));
    })();
    await settle();
    if (together) signals += 1;
    first.resolve();
    await settle();
    signals += 1;
    await settle();
    await Promise.all([gate, inbox, settle()]);
    expect(asked).toEqual(['votes', 'gate pass', 'more votes']);
  }
});
