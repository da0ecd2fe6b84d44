/** Who may start what: runs without a valid ticket, and activities started by anybody but their own run (P1). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedTicket, TicketBody } from '../../core/contracts/ticket.ts';
import { digestText } from '../../core/digest.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import { effectsIn } from '../support/test-tools.ts';

const input = 'forged start';

describe('a run', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
    harness.model.script(input, [{ calls: [{ name: 'restart', args: { name: 'forged' } }] }, { text: 'done' }]);
  });
  afterAll(() => harness.stop());

  function ticket(changes: Partial<TicketBody> = {}): SignedTicket {
    return harness.desk.ticket(harness.pack, input, harness.taskQueues, changes);
  }

  async function expectRefused(forged: SignedTicket, workflowId = `run-${randomUUID()}`): Promise<void> {
    const handle = await harness.door.client.workflow.start('agentRun', {
      workflowId,
      taskQueue: harness.taskQueues.agent,
      args: [{ ticket: forged, input, flow: null }],
    });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'ticket-invalid' } });
    expect(effectsIn(harness.folder)).toEqual([]);
  }

  it('is refused with a ticket of another run', async () => {
    await expectRefused(ticket());
  });

  it('is refused with a ticket whose body was changed', async () => {
    const signed = ticket();
    await expectRefused({ ...signed, body: { ...signed.body, principal: 'root' } }, signed.body.workflowId);
  });

  it('is refused with a ticket for another input', async () => {
    const signed = ticket({ inputDigest: digestText('input', 'something else') });
    await expectRefused(signed, signed.body.workflowId);
  });

  it('is refused with a ticket of another namespace', async () => {
    const signed = ticket({ namespace: 'another' });
    await expectRefused(signed, signed.body.workflowId);
  });

  it('is refused with a ticket that was used, under the same id after the first run ended', async () => {
    const own = 'used ticket';
    harness.model.script(own, [{ text: 'done' }]);
    const signed = harness.desk.ticket(harness.pack, own, harness.taskQueues);
    const first = await harness.startWith(signed, own);
    await first.result();
    const again = await harness.door.client.workflow.start('agentRun', {
      workflowId: signed.body.workflowId,
      taskQueue: harness.taskQueues.agent,
      args: [{ ticket: signed, input: own, flow: null }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
    await expect(again.result()).rejects.toMatchObject({ cause: { type: 'run-refused' } });
  });

  it.each<[string, (workflowId: string) => unknown[]]>([
    ['any ticket', () => [{ ticket: { body: { taskQueues: harness.taskQueues } }, input, flow: null }]],
    ['any input', () => []],
    ['an input that is an object', () => ['ticket']],
    ['a ticket in its input', () => [{}]],
    ['a ticket that is one', () => [{ ticket: null, input, flow: null }]],
    ['a flow that a link wrote', (workflowId) => [{ ticket: ticket({ workflowId }), input, flow: { messages: 5 } }]],
    ['a flow of its own', (workflowId) => [{ ticket: ticket({ workflowId }), input, flow: { midTurn: [] } }]],
  ])('is refused without %s', async (_name, args) => {
    const workflowId = `run-${randomUUID()}`;
    const { taskQueues } = harness;
    const options = { workflowId, taskQueue: taskQueues.agent, args: args(workflowId) };
    const handle = await harness.door.client.workflow.start('agentRun', options);
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'ticket-invalid' } });
  });
});
