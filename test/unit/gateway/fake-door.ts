/** A door to no server: it keeps what was sent, and answers as a test scripted it. */
import type { CurrentLink, RunEnd } from '../../../client/run-record.ts';
import type { RunFailure } from '../../../client/run-trouble.ts';
import type { LinkOrigin } from '../../../core/contracts/describe.ts';
import type { RunInput, RunState, VoteStatus } from '../../../core/contracts/run.ts';
import { CountersignError } from '../../../core/errors.ts';
import type { GatewayDoor } from '../../../gateway/index.ts';
import { linkOf } from '../../support/signed-objects.ts';

export class FakeDoor implements GatewayDoor {
  readonly started: RunInput[] = [];
  readonly signals: { workflowId: string; name: string; payload: unknown }[] = [];
  readonly terminated: { workflowId: string; reason: string }[] = [];
  readonly cancelled: { workflowId: string; reason: string | undefined }[] = [];
  readonly links = new Map<string, CurrentLink>();
  readonly origins = new Map<string, LinkOrigin>();
  readonly results = new Map<string, unknown>();
  readonly failures = new Map<string, RunFailure>();
  /** Answers to the next questions about a vote; the last one stays. Empty: no worker answers. */
  voteStatuses: VoteStatus[] = [{ status: 'applied', outcome: null }];
  live: RunState | undefined;
  /** Of the server's clock, before this machine's, ms. */
  aheadMs = 0;
  down = false;
  readonly clock: { now(): number };

  constructor(clock: { now(): number }) {
    this.clock = clock;
  }

  run(workflowId: string, linkRunId: string): void {
    this.links.set(workflowId, { linkRunId, status: 'running', cancelRequested: false });
  }

  startRun(input: RunInput): Promise<{ linkRunId: string }> {
    return this.answer(() => {
      const { workflowId } = input.ticket.body;
      if (this.links.has(workflowId)) throw new CountersignError('conflict', 'its id was used before');
      this.started.push(input);
      const linkRunId = linkOf(1000 + this.started.length);
      this.run(workflowId, linkRunId);
      return { linkRunId };
    });
  }

  signal(workflowId: string, name: 'vote' | 'control', payload: unknown): Promise<void> {
    return this.answer(() => {
      if (this.links.get(workflowId)?.status !== 'running') throw new CountersignError('not-found', 'no such open run');
      this.signals.push({ workflowId, name, payload });
    });
  }

  voteStatus(): Promise<VoteStatus | undefined> {
    return this.answer(() => (this.voteStatuses.length > 1 ? this.voteStatuses.shift() : this.voteStatuses[0]));
  }

  runState(): Promise<RunState | undefined> {
    return this.answer(() => this.live);
  }

  cancel(workflowId: string, reason?: string): Promise<void> {
    return this.answer(() => {
      this.cancelled.push({ workflowId, reason });
    });
  }

  terminate(workflowId: string, reason: string): Promise<void> {
    return this.answer(() => {
      this.terminated.push({ workflowId, reason });
    });
  }

  currentLink(workflowId: string): Promise<CurrentLink | undefined> {
    return this.answer(() => this.links.get(workflowId));
  }

  linkOrigin(_workflowId: string, linkRunId: string): Promise<LinkOrigin> {
    return this.answer(() => {
      const origin = this.origins.get(linkRunId);
      if (!origin) throw new CountersignError('run-refused', 'no such link');
      return origin;
    });
  }

  runInput(workflowId: string): Promise<unknown> {
    return this.answer(() => this.started.find((input) => input.ticket.body.workflowId === workflowId));
  }

  runEnd(workflowId: string): Promise<RunEnd | undefined> {
    return this.answer(() => ({
      result: this.results.get(workflowId),
      failure: this.failures.get(workflowId) ?? null,
    }));
  }

  serverTime(): Promise<number> {
    return this.answer(() => this.clock.now() + this.aheadMs);
  }

  private answer<T>(make: () => T): Promise<T> {
    if (this.down) return Promise.reject(new CountersignError('server-unavailable', 'Cannot reach the server'));
    try {
      return Promise.resolve(make());
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
