import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { digestText } from '../../../core/digest.ts';
import { checkTool, type Tool } from '../../../tools/define-tool.ts';
import { createToolRegistry } from '../../../tools/registry.ts';

const moduleDigest = digestText('body', 'module');
const tool = (name: string, parameters: z.ZodObject = z.strictObject({}), change: Partial<Tool> = {}) =>
  checkTool({ name, description: 'D', effect: 'read', parameters, execute: () => 'x', ...change });
const parserOf = (parameters: z.ZodObject) => {
  const registered = createToolRegistry([tool('t', parameters)], { moduleDigest }).get('t');
  if (!registered) throw new Error('not registered');
  return registered.parseArguments;
};

describe('createToolRegistry', () => {
  test('lists by name and gives nothing for a name it does not have', () => {
    const registry = createToolRegistry([tool('b'), tool('a')], { moduleDigest });
    expect(registry.list().map(({ definition }) => definition.name)).toEqual(['a', 'b']);
    expect([registry.get('constructor'), registry.get('A')]).toEqual([undefined, undefined]);
  });

  test.each([
    ['delete_db', 'delete_db'],
    ['delete_db', 'deletedb'],
    ['tool', 'too1'],
    ['pool', 'po0l'],
    ['modern', 'modem'],
    ['view', 'vlew'],
  ])('refuses "%s" beside "%s"', (one, other) => {
    expect(() => createToolRegistry([tool(one), tool(other)], { moduleDigest })).toThrow(
      one === other ? /the name is taken/ : /it looks like/,
    );
  });

  test('refuses a value that defineTool did not check', () => {
    const forged = { ...tool('t'), parameters: z.object({ a: z.string() }) };
    expect(() => createToolRegistry([forged], { moduleDigest })).toThrow(/unknown keys are not refused/);
  });

  test('says which tools have a probe and a target state, and gives those only', async () => {
    const probing = tool('a', z.strictObject({}), { probe: () => 'happened', targetState: () => ({ n: 1 }) });
    const [a, b] = createToolRegistry([probing, tool('b')], { moduleDigest }).list();
    const has = [a, b].map((one) => [one?.definition.hasProbe, one?.definition.hasTargetState]);
    expect(has).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(b).not.toHaveProperty('probe');
    expect(b).not.toHaveProperty('targetState');
    expect([await a?.probe?.({}, {} as never), await a?.targetState?.({}, {} as never)]).toEqual([
      'happened',
      { n: 1 },
    ]);
  });

  test('gives another digest when schema, effect, votes, labels, time or code change', () => {
    const digestOf = (changed: Tool, code = moduleDigest) =>
      createToolRegistry([changed], { moduleDigest: code }).list()[0]?.definitionDigest;
    const digests = [
      digestOf(tool('t')),
      digestOf(tool('t', z.strictObject({ a: z.string() }))),
      digestOf(tool('t', z.strictObject({}), { effect: 'effect' })),
      digestOf(tool('t', z.strictObject({}), { votesDemanded: 1 })),
      digestOf(tool('t', z.strictObject({}), { resultLabels: ['secret'] })),
      digestOf(tool('t', z.strictObject({}), { startToCloseMs: 1000 })),
      digestOf(tool('t', z.strictObject({}), { probe: () => 'unknown' })),
      digestOf(tool('t', z.strictObject({}), { targetState: () => null })),
      digestOf(tool('t'), digestText('body', 'other')),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOf(tool('t'))).toBe(digests[0]);
  });
});

describe('parseArguments', () => {
  const parse = parserOf(
    z.strictObject({
      path: z.string(),
      lines: z.int().default(5),
      more: z.strictObject({ x: z.array(z.int()) }).optional(),
    }),
  );

  test('X3 port: applies defaults, canonicalises, digests and freezes deeply', () => {
    const text = '{"path":"/a","lines":5}';
    const parsed = parse('{ "path": "\\u002fa" }');
    expect(parsed).toEqual({
      kind: 'value',
      canonical: '{"lines":5,"path":"/a"}',
      value: { lines: 5, path: '/a' },
      digest: digestText('arguments', '{"lines":5,"path":"/a"}'),
    });
    const nested = parse('{"path":"a","more":{"x":[1]}}');
    if (nested.kind !== 'value') throw new Error('invalid');
    const value = nested.value as { more: { x: number[] } };
    expect([Object.isFrozen(value), Object.isFrozen(value.more), Object.isFrozen(value.more.x)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(parse(text)).toEqual(parsed);
  });

  test.each([
    ['a duplicate key', '{"path":"a","path":"b"}'],
    ['an integer beyond 2^53', '{"path":"a","lines":9007199254740993}'],
    ['a key like __proto__', '{"path":"a","__proto__":{}}'],
    ['an unknown key', '{"path":"a","pat":"b"}'],
    ['an inner unknown key', '{"path":"a","more":{"x":[],"y":1}}'],
    ['a wrong type', '{"path":1}'],
    ['a missing key', '{}'],
    ['no object', '[]'],
    ['no text', ''],
    ['a comment', '{"path":"a"/**/}'],
    ['two values', '{"path":"a"}{}'],
  ])('refuses %s', (_, text) => {
    expect(parse(text).kind).toBe('invalid');
  });

  test('says what is wrong and where', () => {
    expect(parse('{')).toEqual({ kind: 'invalid', problems: ['the arguments cannot be read: it is not valid JSON'] });
    const wrong = parse('{"path":1,"pat":2,"more":{"x":["a"]}}');
    const problems = wrong.kind === 'invalid' ? wrong.problems : [];
    expect(problems).toEqual([
      '"path" is a number, expected text',
      '"more.x.0" is a text of 1 character, expected a number',
      'the whole has an unknown key, expected only path, lines, more',
    ]);
    const long = parse(JSON.stringify({ path: 'x'.repeat(4_000_000) }));
    expect(long).toEqual({ kind: 'invalid', problems: ['the arguments are longer than 4000000 characters'] });
  });

  test('refuses a refinement that throws or waits', () => {
    const throws = parserOf(z.strictObject({ a: z.string().refine((text) => Boolean(new URL(text))) }));
    const waits = parserOf(z.strictObject({ a: z.string().refine(async () => true) }));
    expect([throws('{"a":"x"}').kind, waits('{"a":"x"}').kind]).toEqual(['invalid', 'invalid']);
  });

  test('refuses a refinement that changes the value behind the schema', () => {
    const changes = parserOf(
      z.strictObject({ a: z.array(z.string()) }).superRefine((value) => {
        value.a[0] = 'other';
      }),
    );
    expect(changes('{"a":["x"]}')).toEqual({ kind: 'invalid', problems: ['the schema would change the arguments'] });
  });

  test('does not repeat the values it refuses', () => {
    const canary = ['can', 'ary'].join('');
    const parsed = parserOf(z.strictObject({ a: z.enum(['x']), b: z.int() }))(
      `{"a":"${canary}","b":"${canary}","c":"${canary}"}`,
    );
    expect(JSON.stringify(parsed)).not.toContain(canary);
  });
});
