/** The count of refusals in a row: a model that does not take no ends its run, one that gets on does not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../core/contracts/run.ts';
import { noteRefusals } from '../../workflows/refusals.ts';

const limit = 3;

function result(tool: string, kind: CallResult['kind']): CallResult {
  return {
    callKey: 'run-00000000-0000-4000-8000-000000000000/1.0',
    tool,
    kind,
    outcome: kind === 'executed' ? 'succeeded' : kind === 'unknown' ? 'unknown' : 'refused',
    rule: kind === 'refused' ? 'some-rule' : null,
    message: { role: 'tool', callId: 'call', tool, text: '', labels: [] },
  };
}

const results = fc.array(
  fc.record({
    tool: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom<CallResult['kind']>('executed', 'refused', 'unknown'),
  }),
  { maxLength: 30 },
);

/** The rule as a person would say it: the first place where `limit` refusals of one tool stand side by side. */
function endsAt(sequence: readonly { tool: string; kind: string }[]): number {
  return sequence.findIndex((_, end) => {
    const run = sequence.slice(Math.max(0, end - limit + 1), end + 1);
    return run.length === limit && run.every(({ tool, kind }) => kind === 'refused' && tool === run[0]?.tool);
  });
}

describe('refusals in a row', () => {
  it('end the run exactly at the limit, however the results are spread over turns', () => {
    fc.assert(
      fc.property(results, fc.array(fc.integer({ min: 1, max: 4 })), (sequence, turnSizes) => {
        const refusals = { tool: '', count: 0 };
        let seen = 0;
        let ended = -1;
        const sizes = [...turnSizes];
        while (seen < sequence.length && ended < 0) {
          const turn = sequence.slice(seen, seen + (sizes.shift() ?? 1));
          const reason = noteRefusals(
            refusals,
            turn.map(({ tool, kind }) => result(tool, kind)),
            limit,
          );
          if (reason) {
            ended = seen + turn.findIndex((_, index) => endsAt(sequence.slice(0, seen + index + 1)) === seen + index);
          }
          seen += turn.length;
        }
        expect(ended).toBe(endsAt(sequence));
      }),
    );
  });

  it('say which tool and which rule ended the run', () => {
    const refusals = { tool: 'a', count: limit - 1 };
    const reason = noteRefusals(refusals, [result('a', 'refused')], limit);
    expect(reason).toBe('The run ended after 3 refusals of "a" in a row, the last by rule "some-rule".');
  });
});
