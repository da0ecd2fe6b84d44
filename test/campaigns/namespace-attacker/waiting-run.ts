/** A run that waits for an approval while somebody signals it, with payloads as only a client that makes its own bytes sends them. */
import { randomUUID } from 'node:crypto';
import type { temporal } from '@temporalio/proto';
import type { AskRow } from '../../../store/store.ts';
import type { StartedRun } from '../../support/harness.ts';
import { type AttackCase, send, sent } from './case.ts';
import type { Stage } from './stage.ts';

export type Payloads = temporal.api.common.v1.IPayloads;

export const nothingCame = {
  verdict: 'verified',
  because: 'what arrived was kept as a digest, counted, and decided nothing',
} as const;

export async function signal(
  { client, namespace }: Stage,
  { workflowId }: StartedRun,
  signalName: string,
  input: Payloads,
): Promise<void> {
  const requestId = randomUUID();
  const workflowExecution = { workflowId };
  await client.workflowService.signalWorkflowExecution({ namespace, workflowExecution, signalName, input, requestId });
}

/** The attack on a waiting run, then an honest approval; the effect happens once. */
export function onWaiting(
  id: string,
  attack: string,
  play: (stage: Stage, run: StartedRun, ask: AskRow) => Promise<unknown>,
  shows: AttackCase['shows'] = nothingCame,
): AttackCase {
  return {
    id,
    attack,
    ends: 'itself',
    effects: 1,
    shows,
    async play(stage) {
      const run = await stage.victim([send, sent]);
      const ask = await run.ask();
      await play(stage, run, ask);
      await run.castVote(ask);
      return run;
    },
  };
}

export function json(text: string): Payloads {
  return bytes({ encoding: 'json/plain' }, Buffer.from(text));
}

export function bytes(metadata: Record<string, string>, data: Uint8Array): Payloads {
  const encoded = Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value)]);
  return { payloads: [{ metadata: Object.fromEntries(encoded), data }] };
}

/** The attack on a waiting run, and nothing after it. */
export function onlyWaiting(
  id: string,
  attack: string,
  play: (stage: Stage, run: StartedRun, ask: AskRow) => Promise<unknown>,
  rest: Pick<AttackCase, 'shows'> & Partial<Pick<AttackCase, 'effects' | 'ends'>>,
): AttackCase {
  return {
    id,
    attack,
    ends: 'itself',
    effects: 0,
    ...rest,
    async play(stage) {
      const run = await stage.victim([send, sent]);
      const ask = await run.ask();
      await play(stage, run, ask);
      return run;
    },
  };
}
