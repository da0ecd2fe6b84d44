/**
 * A gateway with a real store, real keys and a scripted door, for tests without a server. Nothing listens: requests are
 * injected. The log is kept, so that a test can look for what must not be in it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { type Card, cardSchema } from '../../../core/contracts/approval.ts';
import { scopeSchema } from '../../../core/contracts/control.ts';
import type { AskBody } from '../../../core/contracts/decision.ts';
import { type Domain, domains } from '../../../core/contracts/envelope.ts';
import type { Finding } from '../../../core/contracts/labels.ts';
import type { PackBody } from '../../../core/contracts/pack.ts';
import type { TicketBody } from '../../../core/contracts/ticket.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import {
  activatePack,
  createGateway,
  type GatewayApp,
  type GatewayOptions,
  mintApiKey,
} from '../../../gateway/index.ts';
import { type KeySet, loadOrCreateKeys } from '../../../keys/index.ts';
import { openSqliteStore } from '../../../store/index.ts';
import type { AskRow, Store } from '../../../store/store.ts';
import { aCard, anAsk, aTicket, linkOf, nonceOf, someTimeAt, workflowIdOf } from '../../support/signed-objects.ts';
import { FakeDoor } from './fake-door.ts';

export const audience = 'countersign:test';
export const policyText = `version: 1
roles:
  operator: {}
  lead: { inherits: [operator] }
approvals:
  default:
    approvers: { roles: [operator] }
    deadline: 60s
    executeWithin: 60s
rules:
  - { id: effects, effect: ask, tools: ["*"], reason: a person must see it }
`;

type Scope = (typeof scopeSchema.options)[number];
export const allScopes: Scope[] = [...scopeSchema.options];

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  text: string;
  headers: Record<string, unknown>;
}

export interface CallOptions {
  key?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface AskChanges {
  terms?: Partial<AskBody['ask']['terms']>;
  kind?: 'call' | 'reconcile';
  ticket?: Partial<TicketBody>;
  body?: Partial<AskBody>;
  ask?: Partial<AskBody['ask']>;
  card?: Partial<Card>;
  deadlineAt?: number;
  /** Signs the ask. @default the world's decision key */
  signedBy?: KeySet;
}

export class World {
  readonly app: GatewayApp;
  readonly options: GatewayOptions;
  readonly store: Store;
  readonly keys: KeySet;
  readonly door: FakeDoor;
  readonly clock: { at: number; now(): number };
  readonly log: string[];
  readonly folder: string;
  policyDigest = '';
  packDigest = '';

  constructor(parts: Pick<World, 'app' | 'options' | 'store' | 'keys' | 'door' | 'clock' | 'log' | 'folder'>) {
    this.app = parts.app;
    this.options = parts.options;
    this.store = parts.store;
    this.keys = parts.keys;
    this.door = parts.door;
    this.clock = parts.clock;
    this.log = parts.log;
    this.folder = parts.folder;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.store.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** An API key of somebody. */
  async key(
    principal: string,
    changes: Partial<Parameters<typeof mintApiKey>[1]> & { madeByBearer?: true } = {},
  ): Promise<string> {
    const { apiKey } = await mintApiKey(this.options, {
      principal,
      roles: ['operator'],
      person: true,
      scopes: allScopes,
      expiresAt: this.clock.at + 3_600_000,
      mintedBy: principal,
      ...changes,
    });
    return apiKey;
  }

  async call(method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS', url: string, options: CallOptions = {}): Promise<Answer> {
    const { key, body } = options;
    const headers = {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    };
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await this.app.inject({ method, url, headers, ...(body === undefined ? {} : { payload }) });
    const text = answer.payload;
    return {
      status: answer.statusCode,
      text,
      headers: answer.headers,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  }

  seal<D extends Domain, B>(domain: D, body: B, keys: KeySet = this.keys, issuedAt = someTimeAt) {
    return sealEnvelope(keys.signer(domain), domain, audience, body, { issuedAt });
  }

  /** Opens run `number` as a worker would have, and has the server run its link. */
  async openRun(number: number, changes: Partial<TicketBody> = {}): Promise<void> {
    const body = { ...aTicket(number).body, packDigest: this.packDigest, policyDigest: this.policyDigest, ...changes };
    const ticket = this.seal('ticket', body);
    const claim = { ticket, ticketDigest: digestJson('ticket', ticket), linkRunId: linkOf(number), now: this.clock.at };
    await this.store.claimTicket(claim);
    this.door.run(workflowIdOf(number), linkOf(number));
  }

  /** An open ask of run `number`, whose run is opened on the way. */
  async ask(number: number, changes: AskChanges = {}): Promise<AskRow> {
    await this.openRun(number, changes.ticket);
    const callKey = `${workflowIdOf(number)}/1.0`;
    const nonce = nonceOf(number);
    const card = canonicalJson(cardSchema.parse({ ...(JSON.parse(aCard(callKey)) as object), ...changes.card }));
    const { body } = anAsk({ callKey, linkRunId: linkOf(number) }, nonce);
    if (body.verdict !== 'ask') throw new TypeError('not an ask');
    const terms = { ...body.ask.terms, ...changes.terms };
    const ask = {
      ...body.ask,
      ...changes.ask,
      deadlineAt: changes.deadlineAt ?? body.ask.deadlineAt,
      kind: changes.kind ?? 'call',
      terms,
      termsDigest: digestJson('terms', terms),
      cardDigest: digestText('card', card),
    };
    const policies = { policyDigest: this.policyDigest, activePolicyDigest: this.policyDigest };
    const decision = this.seal('decision', { ...body, ...policies, ...changes.body, ask }, changes.signedBy);
    await this.store.recordDecision(
      {
        key: { callKey, try: 1, purpose: 'execute', pass: 1, linkRunId: linkOf(number) },
        decision,
        digest: digestJson('decision', decision),
        turn: 1,
        ask: { card },
        closes: null,
        denial: null,
        admit: null,
      },
      { runEpoch: 0 },
    );
    const row = await this.store.getAsk(nonce);
    if (!row) throw new TypeError('the ask was not stored');
    return row;
  }
}

/** In the world's folder. */
export const storeFile = 'store.db';

export interface WorldOptions {
  /** For a test that changes rows behind the store's back. @default in memory */
  storeInFile?: boolean;
  gateway?: Partial<GatewayOptions>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-gateway-'));
  const clock = {
    at: someTimeAt + 1000,
    now(): number {
      return this.at;
    },
  };
  const keys = await newKeys(folder);
  const store = await openSqliteStore({ file: options.storeInFile ? join(folder, storeFile) : ':memory:' });
  const door = new FakeDoor(clock);
  const log: string[] = [];
  const gatewayOptions: GatewayOptions = {
    store,
    door,
    keys,
    audience,
    namespace: 'default',
    taskQueuesFor: () => ({ agent: 'q', model: 'q', tools: 'q', notify: 'q', record: 'q' }),
    clock,
    scan,
    logger: pino({ level: 'trace' }, { write: (line: string) => log.push(line) }),
    ...options.gateway,
  };
  const app = await createGateway(gatewayOptions);
  const world = new World({ app, options: gatewayOptions, store, keys, door, clock, log, folder });
  const pack = packToActivate();
  await activatePack(gatewayOptions, pack, 'ann');
  world.policyDigest = pack.policyDigest;
  world.packDigest = pack.packDigest;
  return world;
}

/** Keys of another deployment, which this one's registry does not know. */
export async function newKeys(folder: string): Promise<KeySet> {
  const madeAt = { now: () => someTimeAt - 1000 };
  return await loadOrCreateKeys({ folder: await mkdtemp(join(folder, 'keys-')), domains, clock: madeAt });
}

export function packToActivate(changes: Partial<PackBody> = {}, policy = policyText) {
  const policyDigest = digestText('body', policy);
  const body: PackBody = {
    name: 'ops',
    instructions: 'Do what you are told.',
    model: { api: 'responses', name: 'gpt-test', maxOutputTokens: 100, requestTimeoutMs: 1000 },
    limits: aTicket(1).body.limits,
    environment: 'test',
    inputLabels: ['operator'],
    tools: [],
    policyDigest,
    ...changes,
  };
  return { body, packDigest: digestText('body', canonicalJson(body)), policyText: policy, policyDigest };
}

/** A stand-in for the secret guard: what it looks for is no secret. */
export const canary = ['canary', 'of', 'the', 'mine'].join('-');

function scan(text: string): Promise<Finding[]> {
  const start = text.indexOf(canary);
  if (start < 0) return Promise.resolve([]);
  const span = { start, end: start + canary.length };
  return Promise.resolve([{ guard: 'secrets', rule: 'canary', severity: 'high', message: 'a canary', span }]);
}
