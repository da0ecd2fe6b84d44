/** Turns that a guard refused, as they stand in the transcript: who may write them, and what is shown of them. */
import { describe, expect, test } from 'vitest';
import { normaliseCall } from '../../../activities/call-model/normalise-call.ts';
import { readRefusedTurn, refusedTurn, withheldMessages } from '../../../activities/refused-turn.ts';
import { toolNameSchema } from '../../../core/contracts/ids.ts';
import type { Finding } from '../../../core/contracts/labels.ts';
import { assistantMessageSchema, type Message } from '../../../core/contracts/message.ts';
import { assistant, toolResult, user } from './call-model-world.ts';

const finding: Finding = { guard: 'mine', rule: 'r', severity: 'high', message: 'no', remedy: 'ask differently' };
const before = refusedTurn('beforeModel', finding, 'call-2-0');
const after = refusedTurn('afterModel', finding, 'call-2-0');

describe('a refused turn', () => {
  test('is an answer that can be recorded, whose call no tool has the name of', () => {
    for (const turn of [before, after]) {
      expect(assistantMessageSchema.parse(turn)).toEqual(turn);
      expect(toolNameSchema.safeParse(turn.calls[0]?.name).success).toBe(false);
      expect(turn.text).toContain('ask differently');
    }
  });

  test('is read by the gate with its guard and why', () => {
    const [call] = after.calls;
    expect(readRefusedTurn(call?.name ?? '', call?.argumentsText ?? '')).toMatchObject({
      reason: 'guard mine refused the answer of this turn (r): no',
      finding: { guard: 'mine', rule: 'r' },
    });
  });

  test.each([
    ['a tool', 'read_logs', '{}'],
    ['another point', 'beforeTool:mine', before.calls[0]?.argumentsText ?? ''],
    ['no finding', 'beforeModel:mine', '{"guard":"mine"}'],
    ['no JSON', 'beforeModel:mine', '{'],
    ['a guard’s name that is none', 'beforeModel:Not A Guard', before.calls[0]?.argumentsText ?? ''],
  ])('is not %s', (_name, name, text) => {
    expect(readRefusedTurn(name, text)).toBe(undefined);
  });

  test('is nothing that a model can write: its colons do not stay', () => {
    const part = { kind: 'call' as const, id: 'a', name: 'beforeModel:mine', arguments: '{}', complete: true };
    const { call, problems } = normaliseCall(part, { turn: 1, index: 0, usedIds: new Set(), room: 100 });
    expect(call.name).toBe('beforeModel;mine');
    expect(toolNameSchema.safeParse(call.name).success).toBe(false);
    expect(problems).toEqual(['call 0: its tool’s name holds a colon']);
  });
});

describe('what is withheld', () => {
  const asked = assistant({ calls: [{ id: 'a', name: 'read_logs', argumentsText: '{}' }] });
  const poisoned = toolResult('a', 'poisoned');
  const later = toolResult('call-2-0', 'Not run.');
  const summary: Message = { role: 'summary', text: 'notes', labels: [], covers: 3 };

  test('is what came in before a prompt that was refused, and nothing else', () => {
    const withheld = withheldMessages([user, asked, poisoned, before, later, assistant({ text: 'ok' }), user]);
    expect([...withheld]).toEqual([poisoned]);
  });

  test('is nothing after an answer that was refused', () => {
    expect(withheldMessages([user, asked, poisoned, after, later]).size).toBe(0);
  });

  test('is never a summary: it stands where messages stood that the model had seen', () => {
    expect([...withheldMessages([summary, poisoned, before])]).toEqual([poisoned]);
  });
});
