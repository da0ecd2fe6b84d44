/**
 * What a tool is given besides its arguments. Nothing in here is a credential of Countersign: no key, no store, no
 * permit. Whatever else a tool needs it was built with.
 */
import type { Sandbox } from './sandbox/sandbox.ts';

export interface ToolContext {
  /** `<workflow id>/<turn>.<index>` */
  readonly callKey: string;
  /** One attempt to cause the effect, from 1. */
  readonly try: number;
  /** The same for every try of this call with these arguments: hand it to other sides that honour one. */
  readonly idempotencyKey: string;
  /** Aborted when the run is cancelled, the worker drains or the time is up: pass it to whatever waits. */
  readonly signal: AbortSignal;
  /** Absolute path of this run's own folder. */
  readonly workFolder: string;
  /** The only door to child processes. */
  readonly sandbox: Sandbox;
  /** Longest this execution may take, ms. */
  readonly timeoutMs: number;
  /** Says "still alive"; also how a cancellation gets here. Called regularly on the tool's behalf anyway. */
  heartbeat(): void;
  /** Wall clock, ms since the Unix epoch. */
  now(): number;
}
