/** Each id has one form, and is read back to exactly what it was made of. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  activityIdOf,
  activityIdPattern,
  approvalIdOf,
  callKeyOf,
  parseCallKey,
} from '../../../core/contracts/call-names.ts';
import {
  callKeySchema,
  principalSchema,
  purposes,
  toolNameSchema,
  workflowIdSchema,
} from '../../../core/contracts/ids.ts';
import { digestText } from '../../../core/digest.ts';
import { workflowId } from '../../vectors/samples.ts';

const turn = fc.integer({ min: 0, max: 999_999 });
const index = fc.integer({ min: 0, max: 9999 });
const uuidRun = fc.uuid().map((uuid) => `run-${uuid}`);
const toolName = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/);

describe('call keys', () => {
  test('are read back to what they were made of', () => {
    fc.assert(
      fc.property(uuidRun, turn, index, (run, aTurn, anIndex) => {
        const callKey = callKeyOf(run, aTurn, anIndex);
        expect(callKeySchema.safeParse(callKey).success).toBe(true);
        expect(parseCallKey(callKey)).toEqual({ workflowId: run, turn: aTurn, index: anIndex });
      }),
    );
  });

  test.each([
    '',
    'x',
    `${workflowId}/1`,
    `${workflowId}/1.`,
    `${workflowId}/1.0/1`,
    `${workflowId}/-1.0`,
    `${workflowId}/1.0\n`,
    ` ${workflowId}/1.0`,
    `${workflowId}/1e3.0`,
    `${workflowId}/01.0x`,
  ])('of another form (%j) are refused', (text) => {
    expect(() => parseCallKey(text)).toThrow(TypeError);
    expect(callKeySchema.safeParse(text).success).toBe(false);
  });

  test('have one spelling: leading zeros are refused', () => {
    for (const text of [`${workflowId}/01.0`, `${workflowId}/1.00`, `${workflowId}/00.0`]) {
      expect(callKeySchema.safeParse(text).success).toBe(false);
      expect(() => parseCallKey(text)).toThrow(TypeError);
    }
  });
});

describe('activity ids', () => {
  const call = fc.record({
    callKey: fc.tuple(turn, index).map(([aTurn, anIndex]) => callKeyOf(workflowId, aTurn, anIndex)),
    try: fc.integer({ min: 1, max: 99 }),
    pass: fc.integer({ min: 1, max: 99 }),
    purpose: fc.constantFrom(...purposes),
    tool: toolName,
    argumentsDigest: fc.string().map((text) => digestText('arguments', text)),
  });

  test('differ when any of their parts differs', () => {
    fc.assert(
      fc.property(call, call, (one, other) => {
        const same =
          JSON.stringify({ ...one, argumentsDigest: one.argumentsDigest.slice(0, 23) }) ===
          JSON.stringify({ ...other, argumentsDigest: other.argumentsDigest.slice(0, 23) });
        expect(activityIdOf(one) === activityIdOf(other)).toBe(same);
      }),
    );
  });

  test('end with the first 16 hex digits of the arguments digest', () => {
    fc.assert(
      fc.property(call, (one) => {
        expect(activityIdOf(one)).toMatch(activityIdPattern);
        const parts = activityIdOf(one).split(':');
        const { turn: aTurn, index: anIndex } = parseCallKey(one.callKey);
        expect(parts).toEqual([
          `${aTurn}.${anIndex}.${one.try}.${one.pass}`,
          one.purpose,
          one.tool,
          one.argumentsDigest.slice(7, 23),
        ]);
      }),
    );
  });
});

describe('approval ids', () => {
  test('are the call key and the round', () => {
    expect(approvalIdOf(callKeyOf(workflowId, 3, 1), 2)).toBe(`${workflowId}/3.1/2`);
  });
});

describe('names that could be taken for others', () => {
  test.each([
    'Shell',
    'sh\u0435ll',
    'shell ',
    ' shell',
    'shell\n',
    'she\u200Bll',
    '__proto__',
    '1shell',
    'a-b',
    'a.b',
    '',
    'a'.repeat(65),
  ])('%j is no tool name', (name) => {
    expect(toolNameSchema.safeParse(name).success).toBe(false);
  });

  test.each(['', ' alice', 'alice\n', 'al\u200Bice', '\u0430lice', '-alice', 'a b', 'a/b', 'a'.repeat(201)])(
    '%j is no principal',
    (name) => {
      expect(principalSchema.safeParse(name).success).toBe(false);
    },
  );

  test.each([workflowId.toUpperCase(), workflowId.slice(4), `${workflowId}\n`, `${workflowId}/`])(
    '%j is no workflow id',
    (name) => {
      expect(workflowIdSchema.safeParse(name).success).toBe(false);
    },
  );
});
