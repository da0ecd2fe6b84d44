/**
 * Every way in which run-tool does not run a tool, and what each means (contracts.md §4): `not-started` may pass and gets
 * a new pass of the gate; `refused` is for good and an incident, because only tampering explains it.
 */
import type { RunToolResult } from '../../core/contracts/activities.ts';
import { CountersignError } from '../../core/errors.ts';

interface Refusal {
  readonly kind: 'not-started' | 'refused';
  readonly is: string;
  readonly expected: string;
}

const gateAgain = 'gate the call again';
const investigate = 'find out who started it';

export const runToolRefusals = {
  // Tampering.
  'not-in-workflow': { kind: 'refused', is: 'it was not started by an agent run', expected: 'an activity of one' },
  'permit-forged': { kind: 'refused', is: 'its permit does not verify', expected: 'a decision signed by the gate' },
  'not-a-permit': { kind: 'refused', is: 'the decision does not allow', expected: 'the verdict allow' },
  'permit-endless': { kind: 'refused', is: 'its permit has no end', expected: 'a permit that expires' },
  'other-run': { kind: 'refused', is: 'its permit is for another run', expected: 'a permit of this run' },
  'other-activity': {
    kind: 'refused',
    is: 'its permit is for another activity',
    expected: 'a permit of this activity',
  },
  'other-queue': { kind: 'refused', is: 'its permit is for another queue', expected: 'a permit for this queue' },
  'other-call': { kind: 'refused', is: 'the permit’s parts are of two calls', expected: 'one call, try and purpose' },
  'other-arguments': {
    kind: 'refused',
    is: 'these arguments are not the permitted ones',
    expected: 'the permitted ones',
  },
  'other-purpose': { kind: 'refused', is: 'the tool cannot serve this purpose', expected: 'a purpose the tool has' },
  'votes-missing': { kind: 'refused', is: 'too few valid votes came with it', expected: 'the votes its tool demands' },
  // What may pass.
  'permit-early': { kind: 'not-started', is: 'its permit is not valid yet', expected: 'a permit valid now' },
  'permit-expired': { kind: 'not-started', is: 'its permit has expired', expected: 'a permit valid now' },
  'approval-stale': { kind: 'not-started', is: 'its approval was not used in time', expected: 'an approval valid now' },
  'approval-used': { kind: 'not-started', is: 'its approval was used for this call', expected: 'an unused approval' },
  'approval-withdrawn': {
    kind: 'not-started',
    is: 'somebody withdrew their approval',
    expected: 'an approval that stands',
  },
  'grant-ended': {
    kind: 'not-started',
    is: 'the grant that it rests on ended or was revoked',
    expected: 'a grant that stands',
  },
  'other-link': { kind: 'not-started', is: 'its permit is for another link', expected: 'a permit of this link' },
  'other-epoch': { kind: 'not-started', is: 'the run is in another epoch', expected: 'a permit of this epoch' },
  'other-row': { kind: 'not-started', is: 'this try was used with other arguments', expected: 'an unused try' },
  'tool-changed': {
    kind: 'not-started',
    is: 'the tool is not the permitted one',
    expected: 'the tool as it was gated',
  },
  'old-build': { kind: 'not-started', is: 'its gate is of an old build', expected: 'a permit of a newer build' },
  frozen: { kind: 'not-started', is: 'the fleet is frozen or was since', expected: 'the freeze epoch of the permit' },
  'run-not-running': { kind: 'not-started', is: 'this link does not run', expected: 'a link that runs' },
  'run-cancelled': { kind: 'not-started', is: 'the run is being cancelled', expected: 'a run that goes on' },
  'target-drifted': {
    kind: 'not-started',
    is: 'its target changed since it was asked',
    expected: 'the target as asked',
  },
  'target-unreadable': { kind: 'not-started', is: 'its target cannot be read', expected: 'a readable target' },
  'start-too-late': { kind: 'not-started', is: 'its time was up before it started', expected: 'time left to run' },
  'no-work-folder': { kind: 'not-started', is: 'its work folder cannot be made', expected: 'a folder to work in' },
  'row-lost': { kind: 'not-started', is: 'its row was made void', expected: 'its own reserved row' },
  'store-unavailable': { kind: 'not-started', is: 'the store is out of reach', expected: 'a store that answers' },
  'key-unavailable': { kind: 'not-started', is: 'a key cannot be read', expected: 'readable keys' },
  'server-unavailable': { kind: 'not-started', is: 'the server is out of reach', expected: 'a server that answers' },
} as const satisfies Record<string, Refusal>;

export type RunToolRefusalCode = keyof typeof runToolRefusals;
export type NotRun = Extract<RunToolResult, { kind: 'not-started' | 'refused' }>;

export function notRun(code: RunToolRefusalCode): NotRun {
  const { kind, is, expected } = runToolRefusals[code];
  const remedy = kind === 'refused' ? investigate : gateAgain;
  return { kind, code, reason: `Cannot run the tool: ${is}, expected ${expected}; ${remedy}` };
}

export function unknown(reason: string): Extract<RunToolResult, { kind: 'unknown' }> {
  return { kind: 'unknown', reason };
}

/** Out of reach before anything was reserved; undefined for every other fault. */
export function outOfReach(error: unknown): NotRun | undefined {
  if (!(error instanceof CountersignError)) return undefined;
  const { code } = error;
  const known = code === 'store-unavailable' || code === 'key-unavailable' || code === 'server-unavailable';
  return known ? notRun(code) : undefined;
}
