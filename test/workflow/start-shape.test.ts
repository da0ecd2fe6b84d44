/** What a run takes for a ticket or a vote before anybody verified it: what passes must not be able to stall it (P1). */
import { describe, expect, it } from 'vitest';
import { hasTicketShape, hasVoteShape } from '../../workflows/start-shape.ts';
import { aTicket, aVote, nonceOf } from '../support/signed-objects.ts';

type Fields = Record<string, unknown>;

/** A copy with the field at the path set, or taken away where the value is undefined. */
function changed(value: unknown, path: readonly string[], to: unknown): unknown {
  const copy = structuredClone(value) as Fields;
  const last = path[path.length - 1] ?? '';
  const place = path.slice(0, -1).reduce<Fields>((at, name) => at[name] as Fields, copy);
  if (to === undefined) Reflect.deleteProperty(place, last);
  else place[last] = to;
  return copy;
}

const wrong = [undefined, null, {}, [], ''] as const;

describe('the shape of a ticket', () => {
  const ticket = aTicket(1);

  it('is that of every ticket of the gateway', () => {
    expect(hasTicketShape(ticket)).toBe(true);
  });

  it.each(['workflowId', 'agent', 'dryRun', 'taskQueues', 'limits'])('needs %s', (name) => {
    for (const value of [undefined, null, 5, [], {}])
      expect(hasTicketShape(changed(ticket, ['body', name], value))).toBe(false);
  });

  it.each(['agent', 'model', 'tools', 'notify', 'record'])('needs the name of the %s queue', (name) => {
    for (const value of [...wrong, 5, 'q'.repeat(1000)])
      expect(hasTicketShape(changed(ticket, ['body', 'taskQueues', name], value))).toBe(false);
  });

  it.each(['turns', 'refusalsInARow', 'eventsPerLink', 'contextTokens'])('needs the limit of %s', (name) => {
    for (const value of [...wrong, '5', 0, -1, 1.5, 1e300])
      expect(hasTicketShape(changed(ticket, ['body', 'limits', name], value))).toBe(false);
  });

  it.each([undefined, null, 'ticket', 5, [], {}, { body: null }, { body: [] }])('is not that of %j', (value) => {
    expect(hasTicketShape(value)).toBe(false);
  });
});

describe('the shape of a vote', () => {
  const vote = aVote(nonceOf(1), 'alice');

  it('is that of every vote of the gateway, with the longest reason', () => {
    expect(hasVoteShape(vote)).toBe(true);
    expect(hasVoteShape(aVote(nonceOf(1), 'alice', { reason: '\u0001'.repeat(2000) }))).toBe(true);
  });

  it.each([
    [['domain']],
    [['signature']],
    [['body']],
    [['body', 'nonce']],
    [['body', 'callKey']],
    [['body', 'castAt']],
  ])('needs %j', (path) => {
    for (const value of [undefined, null, {}, []]) expect(hasVoteShape(changed(vote, path, value))).toBe(false);
  });

  it('is not that of a signed object of another domain', () => {
    expect(hasVoteShape({ ...vote, domain: 'ticket' })).toBe(false);
  });

  it('is not that of something too large to be carried to the next link', () => {
    expect(hasVoteShape({ ...vote, padding: 'x'.repeat(100_000) })).toBe(false);
  });

  it.each([undefined, null, 'vote', 5, [], {}])('is not that of %j', (value) => {
    expect(hasVoteShape(value)).toBe(false);
  });
});
