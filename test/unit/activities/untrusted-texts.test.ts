/** What runs have read is read from the store once while it is kept, however many runs take turns, and what is kept has a limit. */
import { describe, expect, test } from 'vitest';
import { createUntrustedTexts } from '../../../activities/check-call/untrusted-texts.ts';
import { workflowId } from './run-tool-world.ts';

const account = 'DE44500105175407324931';

/** Each turn of every run read one text; notes which turns it was asked for. */
function createWorld(textOf: (turn: number) => string) {
  const asked: { workflowId: string; fromTurn: number }[] = [];
  const texts = createUntrustedTexts({
    untrustedResults: ({ workflowId: of, fromTurn, otherThanTurn }) => {
      asked.push({ workflowId: of, fromTurn });
      const turns = Array.from({ length: otherThanTurn }, (_, turn) => turn).filter((turn) => turn >= fromTurn);
      return Promise.resolve(
        turns.map((turn) => ({
          permitDigest: `${of} ${turn}`,
          callKey: `${workflowId}/${turn}.0`,
          text: textOf(turn),
        })),
      );
    },
  });
  const find = async (run: string, turn: number, value = account): Promise<string[]> => {
    const found = await texts.find({ workflowId: run, runEpoch: 0, turn, isSettled: true }, { to: value });
    return found.map(({ message }) => message);
  };
  return { asked, find };
}
const says = (turn: number): string[] => [
  `argument /to: its value occurs in untrusted text (the result of call ${turn}.0)`,
];
const runs = (count: number): string[] => Array.from({ length: count }, (_, run) => `run ${run}`);

/** A text of its own letters for each turn: nothing in it is forgotten for being the same. */
function largeText(turn: number): string {
  let state = turn + 1;
  const words = Array.from({ length: 15_000 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state.toString(36);
  });
  return `${turn === 1 ? account : ''} ${words.join('')}`;
}

describe('many runs that take turns', () => {
  test('each reads only what it has not read', async () => {
    const { asked, find } = createWorld((turn) => (turn === 1 ? account : `nothing in ${turn}`));
    for (const turn of [2, 3, 4]) for (const run of runs(64)) expect(await find(run, turn)).toEqual(says(1));
    const again = asked.slice(64);
    expect(again).toHaveLength(128);
    expect(again.map(({ fromTurn }) => fromTurn)).toEqual([...Array<number>(64).fill(2), ...Array<number>(64).fill(3)]);
  });

  test('that read much give way to those that ask later, and find the same when they ask again', async () => {
    const { asked, find } = createWorld(largeText);
    for (const run of runs(12)) expect(await find(run, 3)).toEqual(says(1));
    asked.length = 0;
    expect(await find('run 11', 4)).toEqual(says(1));
    expect(await find('run 0', 4)).toEqual(says(1));
    expect(asked).toEqual([
      { workflowId: 'run 11', fromTurn: 3 },
      { workflowId: 'run 0', fromTurn: 0 },
    ]);
  });
});

test('what is told of a long text is told before and behind the place where its list becomes a table', async () => {
  const { find } = createWorld(largeText);
  for (let turn = 2; turn <= 6; turn += 1) {
    expect(await find('run', turn)).toEqual(says(1));
    expect(await find('run', turn, largeText(turn - 1).slice(-200))).toEqual(says(turn - 1));
    expect(await find('run', turn, 'GB29NWBK60161331926819')).toEqual([]);
  }
});
