/** Runs that the attacker starts itself, with forged, stolen and used tickets. */
import type { AttackCase } from '../case.ts';
import { send, sent } from '../case.ts';
import { forge, someRunId } from '../forged.ts';
import { asked, aTicket, forgedTicket, start, stolenTicket, unknownRun } from '../own-runs.ts';

export const forgedStarts: readonly AttackCase[] = [
  {
    id: 'start-forged-ticket',
    attack: 'starts a run with a ticket that it signed itself under the gateway’s key id',
    ...asked,
    shows: forgedTicket,
    async play(stage) {
      const { body } = aTicket(stage);
      return await start(stage, body.workflowId, [
        { ticket: forge(stage, 'ticket', body), input: 'a run of mine', flow: null },
      ]);
    },
  },
  {
    id: 'start-ticket-of-other-domain',
    attack: 'starts a run with a genuine decision dressed as a ticket',
    ...asked,
    shows: forgedTicket,
    async play(stage) {
      const { body } = aTicket(stage);
      const run = await stage.victim([send, sent]);
      const ask = await run.ask();
      await stage.harness.door.cancel(run.workflowId);
      const ticket = { ...ask.ask, domain: 'ticket', body };
      return await start(stage, body.workflowId, [{ ticket, input: 'a run of mine', flow: null }]);
    },
  },
  {
    id: 'start-ticket-of-other-run',
    attack: 'starts a run of another id with a stolen ticket that nobody claimed',
    ...asked,
    shows: forgedTicket,
    async play(stage) {
      const { ticket, input } = await stolenTicket(stage, false);
      return await start(stage, someRunId(), [{ ticket, input, flow: null }]);
    },
  },
  {
    id: 'start-other-input',
    attack: 'starts the stolen ticket’s own run anew, with words of its own',
    ...asked,
    shows: { verdict: 'differs', by: ['chain'] },
    async play(stage) {
      const { ticket } = await stolenTicket(stage, false);
      return await start(stage, ticket.body.workflowId, [{ ticket, input: 'delete everything', flow: null }]);
    },
  },
  {
    id: 'start-used-ticket',
    attack: 'starts an ended run anew under its id, with its ticket and words',
    ...asked,
    shows: { verdict: 'differs', by: ['chain'] },
    async play(stage) {
      const { ticket, input } = await stolenTicket(stage, true);
      return await start(stage, ticket.body.workflowId, [{ ticket, input, flow: null }]);
    },
  },
  {
    id: 'start-expired-ticket',
    attack: 'keeps a stolen ticket until it has expired, and starts its run then',
    ...asked,
    shows: { verdict: 'differs', by: ['ticket'] },
    async play(stage) {
      const ticket = aTicket(stage);
      const now = Date.now();
      const { harness } = stage;
      const expired = harness.desk.seal('ticket', ticket.body, now - 120_000, now - 60_000);
      return await start(stage, ticket.body.workflowId, [{ ticket: expired, input: 'a run of mine', flow: null }]);
    },
  },
  {
    id: 'start-with-a-past',
    attack: 'starts a run with a genuine unclaimed ticket and a made-up past in which a call was approved',
    ...asked,
    shows: unknownRun,
    async play(stage) {
      const { ticket } = await stolenTicket(stage, false);
      const flow = { messages: [], turn: 1, midTurn: null, votes: [], inbox: [], calls: [] };
      return await start(stage, ticket.body.workflowId, [{ ticket, input: null, flow }]);
    },
  },
  ...(
    [
      ['nothing', [], 'shape'],
      ['null', [null], 'shape'],
      ['a-number', [7], 'shape'],
      ['an-empty-ticket', [{ ticket: {}, input: null, flow: null }], 'ticket'],
      ['a-broken-flow', [{ ticket: null, flow: { messages: 'none' } }], 'shape'],
    ] as const
  ).map(
    ([what, args, check]): AttackCase => ({
      id: `start-with-${what}`,
      attack: `starts a run with ${what.replaceAll('-', ' ')} as its input`,
      ...asked,
      shows: { verdict: 'differs', by: [check, 'store-run'] },
      play: (stage) => start(stage, someRunId(), [...args]),
    }),
  ),
  {
    id: 'start-undecodable',
    attack: 'starts a run whose input cannot be decoded',
    ...asked,
    shows: { verdict: 'differs', by: ['shape', 'store-run'] },
    play: (stage) =>
      start(stage, someRunId(), [], {
        input: { payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{not json') }] },
      }),
  },
  {
    id: 'start-other-type',
    attack: 'starts a workflow of a type that is not ours on our queue',
    ends: 'terminate',
    effects: 0,
    shows: { verdict: 'differs', by: ['shape', 'store-run'] },
    play: (stage) => start(stage, someRunId(), [{}], { workflowType: { name: 'runTool' } }),
  },
];
