/**
 * Reminders and escalation on a real server: once each, by the workflow's timers and by the gateway's channels, also over kill -9 of
 * everything and over a continue-as-new (P3). Nobody is asked for a vote by them, and nobody answers: silence denies at the end.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Countersign } from '../../client/gateway-client.ts';
import { mintApiKey } from '../../gateway/index.ts';
import { addAgent, type Ground, openGround, tool } from '../approval-conformance/countersign-driver.ts';
import { until } from '../support/until.ts';

const reminders = [4, 12];
const escalation = 18;
const deadline = 22;
const policy = `version: 1
roles: { operator: {}, lead: {} }
approvals:
  default:
    approvers: { roles: [operator] }
    reminders: [${reminders.map((seconds) => `${seconds}s`).join(', ')}]
    escalation: { after: ${escalation}s, to: { roles: [lead] } }
    deadline: ${deadline}s
rules:
  - { id: asks, effect: ask, tools: [${tool}], reason: a person must see it }
`;

interface Told {
  type: string;
  data: { nonce: string; escalatedTo?: unknown };
}

let ground: Ground;
const told: { id: string; event: Told }[] = [];

beforeAll(async () => {
  ground = await openGround();
  await addAgent(ground, 'reminded', policy, { eventsPerLink: 60 });
  ground.options.tellEveryMs = 100;
  ground.options.webhook = {
    url: 'https://hooks.example/countersign',
    secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`],
    send: (_url, { headers, body }) => {
      told.push({ id: headers['webhook-id'] ?? '', event: JSON.parse(body) as Told });
      return Promise.resolve({ status: 204, headers: {} });
    },
  };
  const driver = ground.driver();
  await driver.killAll('all');
  await driver.restart();
});
afterAll(() => ground.close());

it('P3 reminds once at each time of the terms, over kill -9 and continue-as-new, and then silence denies', async () => {
  const { harness, options } = ground;
  const driver = ground.driver();
  for (const [principal, roles] of [
    ['olga', ['operator']],
    ['lena', ['lead']],
  ] as const) {
    await mintApiKey(options, {
      principal,
      roles: [...roles],
      person: true,
      scopes: ['approvals:vote'],
      expiresAt: Date.now() + 600_000,
      mintedBy: principal,
    });
  }
  const { apiKey } = await mintApiKey(options, {
    principal: 'rita',
    roles: [],
    person: true,
    scopes: ['runs:start'],
    expiresAt: Date.now() + 600_000,
    mintedBy: 'rita',
  });
  const input = `reminded ${harness.taskQueues.agent}`;
  harness.model.script(input, [{ calls: [{ name: tool, args: { name: 'a' } }] }, { text: 'end' }]);
  const gateway = new Countersign({ url: ground.gateway?.url ?? '', apiKey });
  const { workflowId } = await gateway.runs.start({ agent: 'reminded', input });
  const [ask] = await until('the request', async () => {
    const asks = await harness.store.listAsks({ workflowId, limit: 10 });
    return asks.length > 0 ? asks : undefined;
  });
  if (ask?.ask.body.verdict !== 'ask') throw new Error('nothing was asked');
  const { nonce } = ask;
  const { askedAt } = ask.ask.body.ask;
  const events = (type: string) => told.filter(({ event }) => event.type === type && event.data.nonce === nonce);
  await until('the first notice', () => events('approval.requested').length > 0);

  // Nobody is there when the first time comes.
  await driver.killAll('all');
  await until('the first time', () => Date.now() > askedAt + 4000);
  await driver.restart();
  await until('the first reminder', () => events('approval.reminded').length > 0);
  await driver.newLink(workflowId);
  await until('the end', () => events('approval.closed').length > 0);

  const times = [...reminders, escalation].map((seconds) => `msg_${nonce}_reminded_${askedAt + seconds * 1000}`);
  const ids = events('approval.reminded').map(({ id }) => id);
  // A machine that is slow to restart tells of two times at once; it tells of none twice, and of the last in any case.
  expect(ids).toEqual(times.filter((id) => ids.includes(id)));
  expect(ids.at(-1)).toBe(times.at(-1));
  expect(events('approval.reminded').map(({ event }) => event.data.escalatedTo !== null)).toEqual(
    ids.map((id) => id === times.at(-1)),
  );
  expect(events('approval.requested')).toHaveLength(1);
  expect(events('approval.closed')).toMatchObject([{ event: { data: { outcome: 'expired', votes: [] } } }]);

  const { links, summaries } = await notifications(workflowId);
  expect(links).toBeGreaterThan(1);
  const asked = summaries.filter((one) => one.startsWith('ask for'));
  const reminded = summaries.filter((one) => one.startsWith('remind of'));
  expect(asked).toHaveLength(1);
  expect(reminded.length).toBeGreaterThanOrEqual(2);
  expect(reminded.length).toBeLessThanOrEqual(times.length);
  expect(await driver.effects(workflowId)).toEqual([]);
});

/** What the workflow told of, over all its links, newest link first. */
async function notifications(workflowId: string): Promise<{ links: number; summaries: string[] }> {
  const { workflow } = ground.harness.door.client;
  const summaries: string[] = [];
  let links = 0;
  let runId: string | null | undefined = (await workflow.getHandle(workflowId).describe()).runId;
  for (; runId; links += 1) {
    const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of events ?? []) {
      const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
      const data = event.userMetadata?.summary?.data;
      if (type === 'notifyApprovers' && data) summaries.push(String(JSON.parse(Buffer.from(data).toString('utf8'))));
    }
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return { links, summaries };
}
