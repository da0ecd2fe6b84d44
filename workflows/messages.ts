/**
 * The messages of the agent-run workflow, declared once. Signals take `unknown`: anybody with access to the namespace can
 * send anything, and a handler that throws would stop the run.
 */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { Message } from '../core/contracts/message.ts';
import { queryNames, signalNames } from '../core/contracts/run-names.ts';
import type { RunState, VoteStatus } from '../core/contracts/run.ts';

export interface TranscriptPart {
  /** Messages from the asked index to the end. */
  messages: Message[];
  head: string;
  count: number;
}

/** A signed vote; kept until a local activity has checked it. */
export const voteSignal = defineSignal<[unknown]>(signalNames.vote);
/** Something changed in the store (thaw, reconcile answer): look again. Carries no authority. */
export const controlSignal = defineSignal<[unknown]>(signalNames.control);
/** By the vote's digest. */
export const voteStatusQuery = defineQuery<VoteStatus, [string]>(queryNames.voteStatus);
export const transcriptQuery = defineQuery<TranscriptPart, [{ from: number }]>(queryNames.transcript);
export const runStateQuery = defineQuery<RunState>(queryNames.runState);
