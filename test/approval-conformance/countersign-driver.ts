/**
 * Ours: a real Temporal server, the gateway over HTTP, a worker in a process of its own that dies by kill -9. Votes go the way
 * that people's do; what is forged goes past the gateway, as somebody with access to the namespace can send it.
 */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { z } from 'zod';
import { Countersign } from '../../client/gateway-client.ts';
import type { GrantRequest } from '../../client/grant-schemas.ts';
import type { SignedVote } from '../../core/contracts/approval.ts';
import { digestText } from '../../core/digest.ts';
import { CountersignError } from '../../core/errors.ts';
import {
  activatePack,
  type GatewayOptions,
  mintApiKey,
  type RunningGateway,
  startGateway,
} from '../../gateway/index.ts';
import { findSecrets } from '../../guards/index.ts';
import type { AgentPack } from '../../packs/agent-pack.ts';
import { defineAgent } from '../../packs/define-agent.ts';
import { publishPack } from '../../packs/load-pack.ts';
import { audience, type Harness, startHarness } from '../support/harness.ts';
import { resetRun } from '../support/reset.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/start-worker-process.ts';
import { effectsIn, testTools } from '../support/test-tools.ts';
import { until } from '../support/until.ts';
import { createDeliveries } from './countersign-deliveries.ts';
import {
  abilities,
  type ApprovalDriver,
  type EditOrder,
  type Forgery,
  type Pending,
  type Person,
  type Setup,
  setups,
  type StartOrder,
  type VoteAnswer,
  type VoteOrder,
} from './driver.ts';
import { policyOf } from './setup-policies.ts';

/** What every case calls. */
export const tool = 'quick_send';
const keyLifeMs = 3_600_000;
const mostJunk = 80;
/** Of a driver's people, so that cases at once have nobody in common. */
let drivers = 0;

/** What the drivers of cases at once share. */
export interface Ground {
  harness: Harness;
  gateway: RunningGateway | null;
  worker: WorkerProcess | null;
  options: GatewayOptions;
  skewMs: number;
  runs: number;
  /** People of whose runs no notice arrives. */
  unheard: Set<string>;
  driver(): ApprovalDriver;
  close(): Promise<void>;
}

/** @param temporal absent: the dev server that all server tests share */
export async function openGround(temporal?: Harness['temporal']): Promise<Ground> {
  const harness = await startHarness({ startWorker: false, ...(temporal ? { temporal } : {}) });
  const { store, door, keys } = harness;
  const ground: Ground = {
    harness,
    gateway: null,
    worker: null,
    skewMs: 0,
    runs: 0,
    unheard: new Set(),
    options: {
      store,
      door,
      keys,
      audience,
      namespace: harness.temporal.namespace,
      taskQueuesFor: () => harness.taskQueues,
      clock: { now: () => Date.now() + ground.skewMs },
      scan: findSecrets,
      logger: pino({ level: 'silent' }),
      rateLimits: { perAddress: 100_000, perKey: 100_000 },
      tellEveryMs: 200,
      webhook: {
        url: 'https://receiver.example',
        secrets: [`whsec_${randomBytes(32).toString('base64')}`],
        // The receiver is this test: what a case loses is gone as at a receiver that is no more.
        send: (_url, { body }) => Promise.resolve({ status: isUnheard(ground, body) ? 410 : 204, headers: {} }),
      },
    },
    driver: () => createDriver(ground),
    async close() {
      ground.worker?.signal('SIGKILL');
      await ground.worker?.ended;
      await ground.gateway?.close();
      await harness.stop();
    },
  };
  for (const setup of setups) {
    await addAgent(ground, setup, policyOf(setup, tool), setup === 'short-links' ? { eventsPerLink: 60 } : {});
  }
  await restart(ground);
  return ground;
}

const noticeSchema = z.object({ data: z.object({ card: z.object({ requester: z.string() }).optional() }) });

function isUnheard({ unheard }: Ground, body: string): boolean {
  const { card } = noticeSchema.parse(JSON.parse(body)).data;
  return card !== undefined && unheard.has(card.requester);
}

/** An agent with the tools of the tests, under a policy of its own. */
export async function addAgent(
  { harness, options }: Pick<Ground, 'harness' | 'options'>,
  name: string,
  policy: string,
  limits: Partial<AgentPack['body']['limits']> = {},
): Promise<void> {
  const pack = defineAgent({
    name,
    instructions: 'Do what the case says.',
    model: { name: 'gpt-test' },
    policy,
    tools: testTools(harness.folder),
    limits: { callsPerTurn: 64, callsPerRun: 64, ...limits },
  });
  await publishPack(harness.store, pack);
  await activatePack(options, pack, 'root');
}

async function restart(ground: Ground): Promise<void> {
  ground.gateway ??= await startGateway(ground.options);
  ground.worker ??= await startWorkerProcess(ground.harness);
}

function createDriver(ground: Ground): ApprovalDriver {
  drivers += 1;
  const suffix = `-${drivers}`;
  const { harness } = ground;
  const { store, door } = harness;
  const apiKeys = new Map<string, string>();
  const { deliver } = createDeliveries(ground.options, () => ground.gateway?.url ?? '', suffix);

  async function enrol({ name, roles, isPerson }: Person): Promise<void> {
    const principal = name + suffix;
    const { apiKey } = await mintApiKey(ground.options, {
      principal,
      roles,
      person: isPerson,
      scopes: ['runs:start', 'runs:read', 'runs:cancel', 'approvals:read', 'approvals:vote'],
      expiresAt: Date.now() + keyLifeMs,
      mintedBy: principal,
    });
    apiKeys.set(name, apiKey);
  }

  function as(name: string): Countersign {
    const apiKey = apiKeys.get(name);
    if (!ground.gateway || apiKey === undefined) throw new Error(`nobody can act as "${name}" now`);
    return new Countersign({ url: ground.gateway.url, apiKey, retries: 0 });
  }

  async function requests(run: string): Promise<Pending[]> {
    const rows = await store.listAsks({ workflowId: run, open: true, limit: 200 });
    return rows.flatMap((row) => {
      if (row.ask.body.verdict !== 'ask' || row.ask.body.ask.kind !== 'call') return [];
      const { cardDigest, deadlineAt } = row.ask.body.ask;
      const card = JSON.parse(row.card) as { arguments: string; times?: number };
      const { name } = JSON.parse(card.arguments) as { name: string };
      return [{ id: row.nonce, target: name, version: cardDigest, deadlineAt, times: card.times ?? 1 }];
    });
  }

  const storedVote = async ({ id }: Pending): Promise<SignedVote> => {
    const [first] = await store.votesByNonce(id);
    if (!first) throw new Error('nobody has voted on it');
    return first.vote;
  };

  async function forged(forgery: Forgery, request: Pending): Promise<unknown> {
    const row = await store.getAsk(request.id);
    if (!row) throw new Error('there is no such request');
    const vote = harness.desk.vote(row, { principal: `olga${suffix}`, verdict: 'deny' });
    const approval = { ...vote, body: { ...vote.body, verdict: 'approve' as const } };
    switch (forgery) {
      case 'unsigned':
        return { ...approval, signature: 'A'.repeat(86) };
      case 'altered':
        return approval;
      case 'sent-twice':
      case 'of-another-run':
        return await storedVote(request);
    }
  }

  return {
    abilities: new Set(abilities),
    enrol: async (people) => {
      for (const person of people) await enrol(person);
    },
    async start({ by, setup, onBehalfOf, turns }: StartOrder) {
      ground.runs += 1;
      const input = `case ${harness.taskQueues.agent}-${ground.runs}-`;
      const calls = turns.map((targets) => ({ calls: targets.map((name) => ({ name: tool, args: { name } })) }));
      harness.model.script(input, [...calls, { text: 'end' }]);
      const behalf = onBehalfOf === undefined ? {} : { onBehalfOf: onBehalfOf + suffix };
      return (await as(by).runs.start({ agent: setup satisfies Setup, input, ...behalf })).workflowId;
    },
    // The gateway's list asks the server about each run; the cases only need what was asked.
    pending: requests,
    asked: async (run) => (await store.listAsks({ workflowId: run, limit: 200 })).length,
    async vote({ by, request, verdict, version, stop, confirmation, grant }: VoteOrder) {
      const cardDigest = version === 'another' ? digestText('card', 'another') : (version ?? request.version);
      const typed = confirmation === 'target' ? tool : confirmation;
      return await answerOf(
        as(by).approvals.vote(request.id, {
          verdict,
          cardDigest,
          ...(verdict !== 'approve' ? { reason: 'the case says so' } : {}),
          ...(stop ? { stop: true } : {}),
          ...(typed === undefined ? {} : { confirmation: typed }),
          ...(grant ? { grant: await grantRequest(as(by), request, grant) } : {}),
        }),
      );
    },
    async edit({ by, request, to, version }: EditOrder) {
      const cardDigest = version === undefined ? request.version : digestText('card', 'another');
      return await answerOf(as(by).approvals.edit(request.id, { arguments: { name: to }, cardDigest }));
    },
    deliver,
    withdraw: async (by, request) => await answerOf(as(by).approvals.withdraw(request.id, {})),
    openReviews: async (run) => {
      const [someone = ''] = apiKeys.keys();
      const { reviews } = await as(someone).reviews.list({ limit: 200 });
      return reviews.filter(({ workflowId }) => workflowId === run).length;
    },
    review: async (by, { id }) => {
      const said = { finding: 'justified', reason: 'the case says so' } as const;
      return await answerOf(
        as(by)
          .reviews.sign(id, said)
          .then(() => ({ status: 'applied' })),
      );
    },
    async revoke(by, { id }) {
      for (const { grantId } of (await as(by).approvals.get(id)).grants) await as(by).grants.revoke(grantId);
    },
    forge: async (forgery, request, run) => await door.signal(run, 'vote', await forged(forgery, request)),
    async demote(name) {
      const { principal, keyId } = keyOf(apiKeys, name, suffix);
      await harness.desk.control({ kind: 'api-key-revocation', keyId, by: principal });
      await enrol({ name, roles: [], isPerson: true });
    },
    cancel: async (run) => await as('rita').runs.cancel(run, 'the case says so'),
    async reset(run) {
      await resetRun(door, run, 'before-the-vote');
    },
    async newLink(run) {
      const newest = async (): Promise<string> => (await door.client.workflow.getHandle(run).describe()).runId;
      const first = await newest();
      let sent = 0;
      await until('a new link', async () => {
        if ((await newest()) !== first) return true;
        // More than a small history holds, and not without end; while a link ends the server takes none.
        if (sent < mostJunk) await door.signal(run, 'vote', { junk: sent }).catch(() => undefined);
        sent += 1;
        return false;
      });
    },
    loseNotices() {
      ground.unheard.add(`rita${suffix}`);
    },
    async told({ id }) {
      const [notice] = await store.noticesOf(id);
      if (notice?.state === 'told' || notice?.state === 'done') return 'told';
      return notice?.problem ? 'lost' : 'not-yet';
    },
    skew(ms) {
      ground.skewMs = ms;
    },
    async killAll(what) {
      ground.worker?.signal('SIGKILL');
      await ground.worker?.ended;
      ground.worker = null;
      if (what === 'executor') return;
      await ground.gateway?.close();
      ground.gateway = null;
    },
    restart: async () => await restart(ground),
    effects: (run) =>
      Promise.resolve(
        effectsIn(harness.folder)
          .filter((line) => line.includes(run))
          .map((line) => line.split(' ')[1] ?? ''),
      ),
    async ended(run) {
      const row = await until('the end of the run', async () => {
        const { status } = await door.client.workflow.getHandle(run).describe();
        if (status.name === 'RUNNING') return undefined;
        const found = await store.getRun(run);
        return found?.outcome === null ? undefined : found;
      });
      return row.outcome ?? '';
    },
    close: () => Promise.resolve(),
  };
}

async function grantRequest(
  gateway: Countersign,
  { id }: Pending,
  grant: NonNullable<VoteOrder['grant']>,
): Promise<GrantRequest> {
  if (grant !== 'as-proposed') {
    const { like, uses, everywhere } = grant;
    return {
      propose: {
        arguments: { name: { like: [like] } },
        uses,
        ttlMs: keyLifeMs,
        scope: everywhere ? 'agent' : 'run',
        labels: ['operator', 'untrusted'],
      },
    };
  }
  const [proposed] = (await gateway.approvals.get(id)).grants;
  if (!proposed) throw new Error('no grant is proposed with it');
  return { sign: proposed.grantDigest };
}

function keyOf(apiKeys: ReadonlyMap<string, string>, name: string, suffix: string) {
  const [, keyId] = /^cs_([a-z0-9]{12})_/u.exec(apiKeys.get(name) ?? '') ?? [];
  if (keyId === undefined) throw new Error(`"${name}" has no key`);
  return { principal: name + suffix, keyId };
}

async function answerOf(vote: Promise<{ status: string }>): Promise<VoteAnswer> {
  try {
    const { status } = await vote;
    if (status === 'duplicate' || status === 'late') return status;
    return status === 'rejected' ? 'refused' : 'counted';
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    if (error.code === 'conflict' && /is late|has ended|no longer runs/u.test(error.message)) return 'late';
    return 'refused';
  }
}
