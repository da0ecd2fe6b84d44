/**
 * The checks of a record: each has an id, a meaning, and one result over everything it looked at. What was not checked is
 * said, never passed over.
 */
import type { Place } from './record-types.ts';

export const checkMeanings = {
  'export-digest': 'the file is the one that was signed',
  'export-order': 'parts that are named by their digest stand in its order: none was changed in its place',
  'export-signature': 'the file is signed by whoever may export',
  'export-keys': 'the keys come from outside the file, and its own are the same',
  'export-named': 'the file holds nothing that nothing in it names',
  'history-order': 'events of each link run from 1 without a gap, refer to each other, and follow in time',
  chain: 'each link follows from the one before it, or is a reset of it',
  ended: 'the record reaches the end of the run',
  shape: 'only the known activities ran, and their inputs and results have their shape',
  ticket: 'the run has one signed ticket, for this run and its input',
  'decision-signature': 'decisions are signed by the gate',
  'decision-of-run': 'decisions are of this run: its link, principal, policy',
  'decision-chain': 'each decision names the one before it',
  ask: 'requests carry the terms and times that were signed',
  'ask-outcome': 'each request has an outcome',
  'vote-signature': 'votes that were taken as valid are signed by the gateway',
  'vote-recorded': 'votes that arrived and votes that were checked are the same',
  approval: 'approvals rest on enough votes that fit the request and were cast in time by different people',
  grant: 'permits that rest on a grant are within what people approved, and no use of it was taken twice',
  'break-glass':
    'whoever answered alone held the role for it and gave a reason, and a review was opened with the permit',
  denial: 'a person’s denial is a person’s vote, and an expiry is none',
  edit: 'edited arguments are what a person’s vote says, and requests name whoever edited them',
  'permit-arguments': 'each execution has a permit for exactly its arguments and activity',
  'permit-first': 'each permit was decided before its execution was scheduled',
  'receipt-signature': 'receipts are signed by the tools worker',
  'receipt-permit': 'receipts are of the permit they name',
  'receipt-output': 'outputs have the digest that was signed',
  'effect-once': 'no effect was executed twice',
  'effect-class': 'one definition of a tool has one effect class',
  limits: 'no more was permitted than the run’s ticket allows',
  compliance: 'the run’s own last look found no violation',
  'no-secret': 'nothing that was recorded looks like a secret',
  'unknown-kept': 'outcomes at the end are those that receipts, probes and people proved',
  'store-run': 'the store knows this run and its last link',
  'store-decisions': 'the store holds the decisions of the history, and its own are signed',
  'store-votes': 'the store holds the votes of the history, and its own are signed',
  'store-cards': 'each request has the card that was signed, and the card says what was asked',
  'store-looks': 'notes of who looked are of the card that was signed, and of times that can be; nobody signs them',
  'store-tellings':
    'notes of who was told are of requests that were signed, at times that their terms name; nobody signs them',
  'store-orders': 'freezes, activations and answers that the run rests on are signed',
  'store-bodies': 'pack, policies and cut outputs are those that were signed',
  'store-ledger': 'the ledger says what tickets, permits and receipts say',
  'store-effects': 'every effect in the ledger is in the history, and the other way round',
} as const;
export type CheckId = keyof typeof checkMeanings;

/** Of a file alone: a replay of a run does not list them. */
const ofFiles: readonly CheckId[] = [
  'export-digest',
  'export-order',
  'export-signature',
  'export-keys',
  'export-named',
];

export interface Problem {
  place: Place | null;
  reason: string;
}

export interface Check {
  id: CheckId;
  meaning: string;
  result: 'ok' | 'failed' | 'not-checked';
  /** Why it failed or was not made; null when it is ok. */
  reason: string | null;
  /** How many things were looked at. */
  checked: number;
  problems: Problem[];
  /** False for what needs a source that was not given: it is listed, and the verdict stands without it. */
  required: boolean;
}

interface Tally {
  checked: number;
  failed: Problem[];
  skipped: Problem[];
  required: boolean;
}

const mostProblems = 100;

export class Checks {
  readonly #tallies = new Map<CheckId, Tally>();

  /** Counts one thing; it is a problem unless `holds`. @returns `holds` */
  expect(id: CheckId, holds: boolean, place: Place | null, reason: string): boolean {
    const tally = this.#tally(id);
    tally.checked += 1;
    if (!holds) tally.failed.push({ place, reason });
    return holds;
  }

  /** Something that could not be checked. */
  skip(id: CheckId, place: Place | null, reason: string, required = true): void {
    const tally = this.#tally(id);
    tally.skipped.push({ place, reason });
    tally.required = required;
  }

  list(): Check[] {
    const listed = Object.entries(checkMeanings).map(([key, meaning]) => ({ id: key as CheckId, meaning }));
    const made = listed.filter(({ id }) => !ofFiles.includes(id) || this.#tallies.has(id));
    return made.map(({ id, meaning }) => {
      const { checked, failed, skipped, required } = this.#tally(id);
      const problems = failed.length > 0 ? failed : skipped;
      return {
        id,
        meaning,
        result: failed.length > 0 ? 'failed' : skipped.length > 0 ? 'not-checked' : 'ok',
        reason: problems[0]?.reason ?? null,
        checked,
        problems: problems.slice(0, mostProblems),
        required,
      };
    });
  }

  #tally(id: CheckId): Tally {
    const known = this.#tallies.get(id);
    if (known) return known;
    const tally: Tally = { checked: 0, failed: [], skipped: [], required: true };
    this.#tallies.set(id, tally);
    return tally;
  }
}
