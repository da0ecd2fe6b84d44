/** What a link hands to the next one: all of its flow, and nothing that anybody would take for authority. */
import { describe, expect, it } from 'vitest';
import type { RunInput } from '../../core/contracts/run.ts';
import { RunMemory } from '../../workflows/run-state.ts';
import { aTicket } from '../support/signed-objects.ts';

function memory(flow: RunInput['flow']): RunMemory {
  const ticket = aTicket(1);
  return new RunMemory({ ticket, input: flow ? null : 'hello', flow }, ticket.body);
}

describe('the memory of a link', () => {
  it('is in the next link what it was in this one', () => {
    const first = memory(null);
    first.append({ role: 'user', text: 'hello', labels: ['operator'] });
    first.append({ role: 'assistant', text: 'hi', calls: [], opaque: [] });
    first.turn = 4;
    first.count({ input: 10, output: 5, cachedInput: 0 });
    first.reject(() => 'sha256:00');
    first.inbox.push({ some: 'signal' });
    const next = memory(structuredClone(first.flow()));
    expect(next.flow()).toEqual({ ...first.flow(), counters: { ...first.counters, links: 2 } });
    expect(next.transcript).toEqual(first.transcript);
  });

  it('carries flow only: no label, grant, denial, limit or freeze', () => {
    expect(Object.keys(memory(null).flow()).toSorted()).toEqual([
      'calls',
      'counters',
      'inbox',
      'messages',
      'midTurn',
      'refusalsInARow',
      'rejected',
      'turn',
      'votes',
    ]);
  });

  it('carries no more waiting votes than fit, and counts the others', () => {
    const run = memory(null);
    for (let vote = 0; vote < 100; vote += 1) run.inbox.push({ vote, padding: 'x'.repeat(10_000) });
    const { inbox, rejected } = run.flow();
    expect(JSON.stringify(inbox).length).toBeLessThan(300_000);
    expect(inbox.length).toBeGreaterThan(10);
    expect(inbox.length + rejected.count).toBe(100);
  });

  it('makes no digest of what it does not keep', () => {
    const run = memory(null);
    let made = 0;
    for (let vote = 0; vote < 1000; vote += 1) run.reject(() => String((made += 1)));
    expect(made).toBe(100);
  });

  it('bounds what an attacker can make it keep', () => {
    const run = memory(null);
    for (let vote = 0; vote < 1000; vote += 1) run.reject(() => `sha256:${vote}`);
    expect(run.flow().rejected.count).toBe(1000);
    expect(run.flow().rejected.digests).toHaveLength(100);
  });

  it('has a summary in the place of what it covers, and a new head', () => {
    const run = memory(null);
    for (const text of ['one', 'two', 'three']) run.append({ role: 'user', text, labels: [] });
    const before = run.transcript.head;
    run.replaceStart(2, { role: 'summary', text: 'one and two', labels: [], covers: 2 });
    expect(run.messages.map(({ text }) => text)).toEqual(['one and two', 'three']);
    expect(run.transcript.count).toBe(2);
    expect(run.transcript.head).not.toBe(before);
  });
});
