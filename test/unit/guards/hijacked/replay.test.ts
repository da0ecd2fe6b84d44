/** A hijacked agent gets nothing consequential through in silence, and an honest one reads without being asked (P1). */
import { expect, it } from 'vitest';
import { guardCall } from '../../../../activities/guard-call.ts';
import { builtInGuards } from '../../../../guards/index.ts';
import { createGateWorld } from '../../activities/check-call-world.ts';
import { type OpenRun, type Replayed, replayHijacked, replayOrdinary } from './replay-sequences.ts';

const openRun: OpenRun = async ({ tools, policy, inputLabels, calls }) => {
  const limits = {
    turns: calls + 1,
    callsPerRun: calls + 1,
    callsPerTurn: 16,
    refusalsInARow: 3,
    eventsPerLink: 1000,
    contextTokens: 1000,
  };
  const { gate, dependencies } = await createGateWorld({ policy, ticket: { limits, inputLabels } });
  dependencies.tools = tools;
  dependencies.checkArguments = async (given, call) => await guardCall(builtInGuards, given, call);
  return async (turn, call) => await gate({ turn, ...call });
};

/** The same calls again would prove nothing more. */
const distinct = (replayed: readonly Replayed[]): number =>
  new Set(replayed.map(({ sequence }) => JSON.stringify(sequence))).size;

it('P1 a hijacked agent gets no consequential call through in silence', async () => {
  const replayed = await replayHijacked(openRun);
  expect(distinct(replayed)).toBeGreaterThanOrEqual(200);
  const silent = replayed.filter(({ verdicts }) => verdicts[1] === 'allow').map(({ sequence }) => sequence[1]);
  expect(silent).toEqual([]);
  // Its reads before that did run: it is not that everything asks.
  expect(replayed.filter(({ verdicts }) => verdicts[0] === 'allow').length).toBeGreaterThan(replayed.length / 2);
}, 90_000);

it('P1 an honest agent reads unprompted in at least 95 of 100 calls', async () => {
  const replayed = await replayOrdinary(openRun);
  expect(distinct(replayed)).toBeGreaterThanOrEqual(300);
  const reads = replayed.flatMap(({ sequence, verdicts }) =>
    sequence.map((call, at) => ({ call, verdict: verdicts[at] })),
  );
  const prompted = reads.filter(({ verdict }) => verdict !== 'allow').map(({ call }) => JSON.stringify(call));
  expect(prompted.length, JSON.stringify([...new Set(prompted)])).toBeLessThanOrEqual(reads.length * 0.05);
}, 90_000);
