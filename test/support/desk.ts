/**
 * The gateway's signatures without its HTTP: tickets, votes and control records as tests need them, also the forged ones.
 * What users do through HTTP is tested through the real gateway.
 */
import { randomUUID } from 'node:crypto';
import type { AgentPack } from '../../packs/agent-pack.ts';
import type { SignedVote, VoteBody } from '../../core/contracts/approval.ts';
import type { ControlBody } from '../../core/contracts/control.ts';
import type { Domain } from '../../core/contracts/envelope.ts';
import type { SignedTicket, TaskQueues, TicketBody } from '../../core/contracts/ticket.ts';
import { digestText } from '../../core/digest.ts';
import { sealEnvelope } from '../../core/envelope.ts';
import type { KeySet } from '../../keys/index.ts';
import type { AskRow, Store } from '../../store/store.ts';

export interface DeskOptions {
  keys: KeySet;
  store: Store;
  audience: string;
  namespace: string;
  /** @default the system's */
  clock?: { now(): number };
}

/** A control body without its sequence number: the store gives it. */
export type ControlOrder = ControlBody extends infer B ? (B extends ControlBody ? Omit<B, 'sequence'> : never) : never;

export class Desk {
  readonly options: DeskOptions;

  constructor(options: DeskOptions) {
    this.options = options;
  }

  ticket(pack: AgentPack, input: string, taskQueues: TaskQueues, changes: Partial<TicketBody> = {}): SignedTicket {
    const workflowId = `run-${randomUUID()}`;
    const now = this.#now();
    const body: TicketBody = {
      namespace: this.options.namespace,
      workflowId,
      nonce: randomUUID(),
      principal: 'rita',
      roles: ['operator'],
      onBehalfOf: null,
      agent: pack.body.name,
      environment: pack.body.environment,
      packDigest: pack.packDigest,
      policyDigest: pack.policyDigest,
      inputDigest: digestText('input', input),
      inputLabels: pack.body.inputLabels,
      taskQueues,
      dryRun: false,
      limits: pack.body.limits,
      parent: null,
      root: workflowId,
      depth: 0,
      ...changes,
    };
    return this.seal('ticket', body, now, now + 60_000);
  }

  vote(row: AskRow, changes: Partial<VoteBody> = {}): SignedVote {
    if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
    const { ask } = row.ask.body;
    const now = this.#now();
    const principal = changes.principal ?? 'olga';
    const body: VoteBody = {
      nonce: row.nonce,
      callKey: row.callKey,
      askDigest: row.askDigest,
      cardDigest: ask.cardDigest,
      termsDigest: ask.termsDigest,
      verdict: 'approve',
      principal,
      roles: ['operator'],
      authenticated: { method: 'api-key', credentialId: keyIdOf(principal), mintedBy: principal },
      channel: 'api',
      castAt: now,
      reason: null,
      ...changes,
    };
    return this.seal('vote', body, now);
  }

  async control(order: ControlOrder): Promise<void> {
    await this.options.store.appendControl((sequence) => this.seal('control', { ...order, sequence }, this.#now()));
  }

  /** Gives a person a credential, so that their votes can count. */
  async enrol(
    principal: string,
    roles: string[] = ['operator'],
    person = true,
    mintedBy = principal,
    lifeMs = 86_400_000,
  ): Promise<void> {
    await this.control({
      kind: 'api-key',
      keyId: keyIdOf(principal),
      secretHash: '0'.repeat(64),
      principal,
      roles,
      person,
      scopes: ['approvals:vote'],
      expiresAt: this.#now() + lifeMs,
      mintedBy,
    });
  }

  #now(): number {
    return (this.options.clock ?? Date).now();
  }

  seal<D extends Domain, B>(domain: D, body: B, issuedAt: number, expiresAt?: number) {
    const times = expiresAt === undefined ? { issuedAt } : { issuedAt, expiresAt };
    return sealEnvelope(this.options.keys.signer(domain), domain, this.options.audience, body, times);
  }
}

export function keyIdOf(principal: string): string {
  return digestText('input', principal).slice('sha256:'.length, 'sha256:'.length + 12);
}
