/** The orders of things that are known to be hard, played in every campaign before the generated ones. */
import type { Schedule, Step } from './schedule.ts';

type Voting = Partial<Omit<Extract<Step, { kind: 'vote' }>, 'kind'>>;

function vote(by: Extract<Step, { kind: 'vote' }>['by'], changes: Voting = {}): Step {
  return { kind: 'vote', by, verdict: 'approve', call: 0, how: 'both', when: 'now', ...changes };
}

const edit = { verdict: 'edit' } as const;
const seeEdits: Step = { kind: 'see-edits' };

function grant(by: Extract<Step, { kind: 'grant' }>['by'], uses: 1 | 2, lifeMs: 1500 | 60_000 = 60_000): Step {
  return { kind: 'grant', by, call: 0, uses, lifeMs };
}

function withdraw(by: Extract<Step, { kind: 'withdraw' }>['by'], call: 0 | 1): Step {
  return { kind: 'withdraw', by, call, how: 'both' };
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
  schedule(1, [{ kind: 'freeze' }, vote('olga'), wait, { kind: 'thaw' }, vote('pete', { call: 1 })], { calls: 2 }),
  // The reset copies the request as it was before the edit, which is in the link that was reset.
  schedule(1, [vote('pete', edit), seeEdits, { kind: 'reset', point: 'after-the-vote' }, vote('olga')]),
  // Whoever edited a call does not approve it, and others do.
  schedule(
    1,
    [
      vote('olga', edit),
      seeEdits,
      vote('olga'),
      vote('pete', { ...edit, call: 1 }),
      seeEdits,
      vote('olga', { call: 1 }),
    ],
    { calls: 2 },
  ),
  schedule(
    1,
    [
      { kind: 'worker-down' },
      vote('olga'),
      withdraw('olga', 0),
      { kind: 'worker-up' },
      vote('pete', { call: 1 }),
      withdraw('pete', 1),
    ],
    { calls: 2 },
  ),
  // One use: the first call of the second turn has it, the second one is asked about.
  schedule(1, [grant('olga', 1), vote('pete', { call: 3 })]),
  schedule(1, [{ kind: 'worker-down' }, grant('olga', 2), { kind: 'revoke-grants' }, { kind: 'worker-up' }]),
  // After a person's no, no grant spares anybody a question.
  schedule(1, [vote('pete', { verdict: 'deny', call: 1 }), grant('olga', 2)], { calls: 2 }),
  // What is approved after somebody edited it is nothing, and so is the grant with it.
  schedule(1, [vote('olga', edit), grant('pete', 2)]),
  // A tenth of a campaign ends here.
  schedule(1, [vote('olga', edit), seeEdits, grant('pete', 2)]),
  schedule(2, [grant('olga', 2), grant('pete', 2)]),
  schedule(1, [{ kind: 'worker-down' }, grant('olga', 2, 1500), wait, wait, { kind: 'worker-up' }]),
  schedule(1, [grant('olga', 2), { kind: 'freeze' }, wait, { kind: 'thaw' }, withdraw('olga', 0)]),
  schedule(
    1,
    [
      { kind: 'worker-down' },
      vote('olga'),
      { kind: 'freeze' },
      { kind: 'worker-up' },
      wait,
      { kind: 'thaw' },
      vote('pete', { call: 1 }),
    ],
    { calls: 2 },
  ),
];
