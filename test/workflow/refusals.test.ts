/** The count of refusals in a row: a model that does not take no ends its run, one that gets on, or was not told yet, does not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../core/contracts/run.ts';
import { noteRefusals } from '../../workflows/refusals.ts';

const limit = 3;

type Said = Pick<CallResult, 'tool' | 'kind'>;

function result({ tool, kind }: Said): CallResult {
  return {
    callKey: 'run-00000000-0000-4000-8000-000000000000/1.0',
    tool,
    kind,
    outcome: kind === 'executed' ? 'succeeded' : kind === 'unknown' ? 'unknown' : 'refused',
    rule: kind === 'refused' ? 'some-rule' : null,
    message: { role: 'tool', callId: 'call', tool, text: '', labels: [] },
  };
}

/** The turn, counted from 1, in which the run ends; undefined where it goes on. */
function endsIn(turns: readonly (readonly Said[])[]): number | undefined {
  const refusals = { tool: '', count: 0 };
  const at = turns.findIndex((turn) => noteRefusals(refusals, turn.map(result), limit) !== undefined);
  return at < 0 ? undefined : at + 1;
}

const said: fc.Arbitrary<Said> = fc.record({
  tool: fc.constantFrom('a', 'b'),
  kind: fc.constantFrom<CallResult['kind']>('executed', 'refused', 'unknown'),
});
const turnsOfOne = fc.array(
  said.map((one) => [one]),
  { maxLength: 20 },
);
const turns = fc.array(fc.array(said, { minLength: 1, maxLength: 4 }), { maxLength: 20 });
const no = (tool: string): Said => ({ tool, kind: 'refused' });

describe('refusals in a row', () => {
  it('end a run of one call a turn exactly where three of one tool stand side by side', () => {
    fc.assert(
      fc.property(turnsOfOne, (sequence) => {
        const first = sequence.findIndex((_, end) => {
          const last = sequence.slice(Math.max(0, end - limit + 1), end + 1).flat();
          return last.length === limit && last.every(({ tool, kind }) => kind === 'refused' && tool === last[0]?.tool);
        });
        expect(endsIn(sequence)).toBe(first < 0 ? undefined : first + 1);
      }),
    );
  });

  it('never end a run before its third turn, nor in a turn in which anything was done', () => {
    fc.assert(
      fc.property(turns, (sequence) => {
        const end = endsIn(sequence) ?? limit;
        expect(end).toBeGreaterThanOrEqual(limit);
        const window = endsIn(sequence) === undefined ? [] : sequence.slice(end - limit, end).flat();
        expect(window.filter(({ kind }) => kind !== 'refused')).toEqual([]);
      }),
    );
  });

  it.each<[string, Said[][], number | undefined]>([
    ['many at once are one turn: the model has heard of none yet', [[no('a'), no('a'), no('a'), no('a')]], undefined],
    ['the same tool among others', [[no('a'), no('b')], [no('b')], [no('a'), no('b')]], undefined],
    ['the same tool in each turn', [[no('a'), no('b')], [no('a')], [no('b'), no('a')]], 3],
    [
      'another call of the turn was done',
      [[no('a')], [no('a'), { tool: 'b', kind: 'executed' }], [no('a')]],
      undefined,
    ],
  ])('%s', (_name, sequence, expected) => {
    expect(endsIn(sequence)).toBe(expected);
  });

  it('say which tool and which rule ended the run', () => {
    const reason = noteRefusals({ tool: 'a', count: limit - 1 }, [result(no('a'))], limit);
    expect(reason).toContain('3 turns in a row in which "a" was refused');
    expect(reason).toContain('by rule "some-rule"');
  });
});
