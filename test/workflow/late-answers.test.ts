/** Answers to queries never end a task in which a local activity is under way, and none is lost (P5). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { interceptors } from '../../workflows/late-answers.ts';

type Concluded = { respondToQuery?: { queryId: string }; startTimer?: { seq: number } };

/** What a workflow does in one activation, and what the server asks of it there. */
const activations = fc.array(
  fc.record({ starts: fc.nat({ max: 2 }), ends: fc.nat({ max: 2 }), fails: fc.boolean(), asked: fc.nat({ max: 2 }) }),
  { maxLength: 12 },
);

function started() {
  const { outbound = [], internals = [] } = interceptors();
  const results: PromiseWithResolvers<unknown>[] = [];
  return {
    underWay: () => results.length,
    start(): void {
      const result = Promise.withResolvers<unknown>();
      results.push(result);
      const given = outbound[0]?.scheduleLocalActivity?.({} as never, () => result.promise);
      expect(given).toBe(result.promise);
      given?.catch(() => undefined);
    },
    async end(fails: boolean): Promise<void> {
      const result = results.shift();
      if (fails) result?.reject(new Error('it ran out of time'));
      else result?.resolve('it ended');
      await Promise.allSettled([result?.promise]);
    },
    conclude(commands: Concluded[]): Concluded[] {
      const next = (input: unknown): never => input as never;
      return internals[0]?.concludeActivation?.({ commands } as never, next)?.commands as Concluded[];
    },
  };
}

it('P5 each answer goes out once, in the first activation that ends with none under way; all else at once', async () => {
  await fc.assert(
    fc.asyncProperty(activations, async (asked) => {
      const run = started();
      let queries = 0;
      let waiting: string[] = [];
      for (const [seq, { starts, ends, fails, asked: count }] of asked.entries()) {
        for (let end = 0; end < ends; end += 1) await run.end(fails);
        for (let start = 0; start < starts; start += 1) run.start();
        const ids = Array.from({ length: count }, () => `query-${(queries += 1)}`);
        const timer = { startTimer: { seq } };
        const out = run.conclude([timer, ...ids.map((queryId) => ({ respondToQuery: { queryId } }))]);
        waiting.push(...ids);
        const answered = out.flatMap(({ respondToQuery }) => respondToQuery?.queryId ?? []);
        expect(out[0]).toBe(timer);
        expect(answered).toEqual(run.underWay() === 0 ? waiting : []);
        if (run.underWay() === 0) waiting = [];
      }
    }),
  );
});

it('a query asked again with the next task is answered once', async () => {
  const run = started();
  run.start();
  const answer = { respondToQuery: { queryId: 'query-1' } };
  expect(run.conclude([answer])).toEqual([]);
  const again = { respondToQuery: { queryId: 'query-1' } };
  expect(run.conclude([again])).toEqual([]);
  await run.end(false);
  expect(run.conclude([])).toEqual([again]);
  expect(run.conclude([])).toEqual([]);
});

it('a query that came in no task of the run is answered at once', () => {
  const run = started();
  run.start();
  const answer = { respondToQuery: { queryId: 'legacy_query' } };
  expect(run.conclude([answer])).toEqual([answer]);
});
