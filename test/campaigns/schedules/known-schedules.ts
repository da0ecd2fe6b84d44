/** The orders of things that are known to be hard, played in every campaign before the generated ones. */
import type { Schedule, Step } from './schedule.ts';

type Voting = Partial<Omit<Extract<Step, { kind: 'vote' }>, 'kind'>>;

function vote(by: Extract<Step, { kind: 'vote' }>['by'], changes: Voting = {}): Step {
  return { kind: 'vote', by, verdict: 'approve', call: 0, how: 'both', when: 'now', ...changes };
}

const late = { when: 'just-late' } as const;
const wait: Step = { kind: 'wait', ms: 900 };

function schedule(quorum: Schedule['quorum'], steps: Step[], changes: Partial<Schedule> = {}): Schedule {
  return { quorum, calls: 1, executeWithinS: 60, steps, ...changes };
}

export const knownSchedules: readonly Schedule[] = [
  schedule(1, [vote('olga')]),
  // The timer and a late vote reach the run in one task, and the vote must lose.
  schedule(1, [{ kind: 'worker-down' }, vote('olga', late), wait, wait, wait, { kind: 'worker-up' }]),
  schedule(1, [vote('olga', late)]),
  schedule(2, [vote('olga'), vote('pete', late)]),
  schedule(2, [vote('olga'), vote('olga'), vote('rita'), vote('robot')]),
  schedule(1, [{ kind: 'worker-down' }, vote('temp'), { kind: 'revoke', who: 'temp' }, { kind: 'worker-up' }]),
  schedule(1, [vote('olga', { verdict: 'deny', how: 'stored' }), vote('pete')]),
  schedule(1, [
    { kind: 'store-down' },
    vote('olga'),
    { kind: 'reset', point: 'before-the-vote' },
    { kind: 'store-up' },
  ]),
  schedule(1, [{ kind: 'worker-down' }, vote('olga'), wait, wait, wait, { kind: 'worker-up' }], { executeWithinS: 2 }),
  schedule(1, [{ kind: 'worker-down' }, vote('olga'), { kind: 'cancel' }, { kind: 'worker-up' }]),
  schedule(1, [{ kind: 'new-link' }, vote('olga'), vote('pete', { call: 1 })], { calls: 2 }),
  schedule(1, [vote('olga'), wait, { kind: 'reset', point: 'after-the-vote' }, vote('pete')]),
  // The store hears of the link behind the reset, and never of the reset.
  schedule(1, [
    { kind: 'store-down' },
    { kind: 'reset', point: 'before-the-vote' },
    { kind: 'new-link' },
    { kind: 'store-up' },
    vote('olga'),
  ]),
];
