/**
 * One attempt of a program with write access to the namespace and no keys: what it does, how the run that it attacks ends
 * once the attack stops, and what an auditor sees of it afterwards. What must hold in every case is in `oracles.ts`.
 */
import type { CheckId } from '../../../audit/checks.ts';
import type { StartedRun } from '../../support/harness.ts';
import type { Stage } from './stage.ts';

export interface AttackCase {
  /** Kebab-case, `<kind>-<what>`; SECURITY.md names cases by it. */
  id: string;
  /** What the attacker does, one sentence. */
  attack: string;
  /** How the victim comes to its end after the attack has stopped. */
  ends: Ends;
  /** What `countersign replay` says of the victim afterwards. */
  shows: Shows;
  /** Executions of effects that the victim comes to in all; each needs its own signed permit. */
  effects: number;
  /** Played when no other case is. @default false */
  flood?: true;
  /** Attacks, then goes on as an honest user would. @returns the victim */
  play(stage: Stage): Promise<Victim>;
}

/** The run that is judged; where nobody was attacked, the attacker's own. */
export type Victim = Pick<StartedRun, 'workflowId' | 'linkRunId' | 'effects'>;

/**
 * `itself`: no user has to do anything (but vote, where the run asks). `cancel`: `countersign cancel`. `terminate`:
 * `countersign cancel --force`, because the attack left a history that the run's code cannot go on from.
 */
export type Ends = 'itself' | 'cancel' | 'terminate';

export type Shows =
  /** The verdict is `differs`, by at least these checks; `replay` is a difference between code and history. */
  | { verdict: 'differs'; by: readonly (CheckId | 'replay')[] }
  /** Nothing differs, and these could not be checked because the run was cut. */
  | { verdict: 'incomplete'; open: readonly CheckId[] }
  /** Nothing differs: why that is right. */
  | { verdict: 'verified'; because: string }
  /** Nothing differs, and the reset is a link of its own. */
  | { verdict: 'verified'; links: number }
  /** No history is left; the store's ledger still names the run. */
  | { verdict: 'not-found' };

export const send = { calls: [{ name: 'send', args: { name: 'all' } }] };
export const sent = { text: 'Sent.' };
