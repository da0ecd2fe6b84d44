/** Temporal's share of `countersign setup`: the namespace with its retention, and the search attribute that runs are listed by. */
import {
  addSearchAttribute,
  hasSearchAttribute,
  readNamespace,
  registerNamespace,
  setRetention,
} from '../../client/namespace.ts';
import type { TemporalDoor } from '../../client/temporal-door.ts';
import { searchAttributeNames } from '../../core/contracts/run-names.ts';
import { CountersignError, hasErrorCode } from '../../core/errors.ts';
import type { Pause } from '../look-again.ts';
import type { SetUpStep } from './set-up-step.ts';

export interface TemporalWanted {
  /** Undefined: of a namespace that is there, what it has. */
  retentionDays: number | undefined;
  /** Change nothing. */
  onlyLook: boolean;
  pause: Pause;
}

/** Of a namespace that is made here, days. */
export const usualRetentionDays = 30;
/** Servers learn of a new namespace and of a new attribute by and by, ms. */
const knownWithinMs = 90_000;
const betweenLooksMs = 500;
/** A signal ends the whole program at once: what was made by then is found made the next time. */
const notStopped = new AbortController().signal;

/** @throws {CountersignError} `server-unavailable`, `forbidden` */
export async function setUpTemporal(door: TemporalDoor, wanted: TemporalWanted): Promise<SetUpStep[]> {
  const namespace = await setUpNamespace(door, wanted);
  if (namespace.state === 'missing') return [namespace];
  return [namespace, await setUpSearchAttribute(door, wanted)];
}

async function setUpNamespace(
  { client, namespace }: TemporalDoor,
  { retentionDays, onlyLook, pause }: TemporalWanted,
): Promise<SetUpStep> {
  const name = 'Namespace';
  const found = await readNamespace(client, namespace);
  if (!found) {
    if (onlyLook) {
      const remedy = 'run "countersign setup", or on Temporal Cloud make it there';
      return { name, state: 'missing', detail: `${namespace}: the server does not know it`, remedy };
    }
    const days = retentionDays ?? usualRetentionDays;
    await registerNamespace(client, namespace, days);
    await patiently('the namespace', pause, () => readNamespace(client, namespace));
    return { name, state: 'made', detail: `${namespace}, histories are kept for ${days} days` };
  }
  const kept = `histories are kept for ${found.retentionDays} days`;
  if (retentionDays === undefined || retentionDays === found.retentionDays) {
    return { name, state: 'ok', detail: `${namespace}, ${kept}` };
  }
  if (onlyLook) {
    const detail = `${namespace}, ${kept} and not for ${retentionDays}`;
    return { name, state: 'missing', detail, remedy: 'run "countersign setup" with the same --retention-days' };
  }
  await setRetention(client, namespace, retentionDays);
  return { name, state: 'made', detail: `${namespace}, histories are now kept for ${retentionDays} days` };
}

async function setUpSearchAttribute(
  { client, namespace }: TemporalDoor,
  { onlyLook, pause }: TemporalWanted,
): Promise<SetUpStep> {
  const name = 'Search attribute';
  const detail = `${searchAttributeNames.state} (Keyword)`;
  const look = () => hasSearchAttribute(client, namespace);
  // A namespace made a moment ago may be unknown to the part of the server that lists runs.
  const isThere = onlyLook ? await look() : await patiently('the namespace', pause, look);
  if (isThere) return { name, state: 'ok', detail };
  if (onlyLook) return { name, state: 'missing', detail: `${detail} is not there`, remedy: 'run "countersign setup"' };
  await addSearchAttribute(client, namespace);
  await patiently('the search attribute', pause, async () => (await look()) || undefined);
  return { name, state: 'made', detail };
}

/** Looks until there is an answer. A fault may pass too; the last one is thrown. */
async function patiently<T>(what: string, pause: Pause, look: () => Promise<T | undefined>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += betweenLooksMs) {
    const isLast = waitedMs >= knownWithinMs;
    try {
      const answer = await look();
      if (answer !== undefined) return answer;
    } catch (error) {
      if (isLast || hasErrorCode(error, 'forbidden')) throw error;
    }
    if (isLast) {
      throw new CountersignError(
        'server-unavailable',
        `Cannot see ${what} after it was made: the server still does not know it, expected it within ${knownWithinMs} ms; run "countersign setup" again`,
      );
    }
    await pause(betweenLooksMs, notStopped);
  }
}
