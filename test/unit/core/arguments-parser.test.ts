/** From the model's text to the one value: whatever was sent, what executes is what was hashed, to the order of its keys. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { argumentsParser, type ParsedArguments } from '../../../core/arguments-parser.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { digestText } from '../../../core/digest.ts';

const anything = z.strictObject({ sent: z.json(), more: z.json().optional() });
const withDefault = z.strictObject({ sent: z.json(), a: z.number().default(1) });

function valueOf(parsed: ParsedArguments): Extract<ParsedArguments, { kind: 'value' }> {
  if (parsed.kind !== 'value') throw new TypeError(parsed.problems.join('; '));
  return parsed;
}

/** JSON that the strict reader takes: other keys and numbers are refused, which is tested elsewhere. */
const reserved = ['__proto__', 'constructor', 'prototype'];
const key = fc.string({ unit: 'grapheme' }).filter((text) => !reserved.includes(text));
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((one) => !Number.isInteger(one) || Number.isSafeInteger(one));
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    number,
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(key, tie('json'), { maxKeys: 5 }),
  ),
}));

test.each([
  ['as it was sent', anything],
  ['with a default', withDefault],
])('is the reading of its own canonical text, %s', (_name, schema) => {
  fc.assert(
    fc.property(json, (sent) => {
      const { canonical, value, digest } = valueOf(argumentsParser(schema)(JSON.stringify({ sent })));
      expect(canonicalJson(JSON.parse(canonical))).toBe(canonical);
      expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(canonical)));
      expect(digest).toBe(digestText('arguments', canonical));
    }),
  );
});

test('has its keys in the order of the canonical text, whatever order the model wrote', () => {
  const { value } = valueOf(argumentsParser(anything)('{"sent":{"b":1,"a":[{"d":1,"c":2}]},"more":null}'));
  expect(JSON.stringify(value)).toBe('{"more":null,"sent":{"a":[{"c":2,"d":1}],"b":1}}');
});

test('is what was sent, not an object of the schema that only looks like it', () => {
  const looksLikeIt = Object.assign(Object.create({ toJSON: () => 'other' }), { a: 1 }) as object;
  const schema = z.strictObject({ sent: z.unknown().transform(() => looksLikeIt) });
  const parsed = valueOf(argumentsParser(schema)('{"sent":{"a":1}}'));
  expect([parsed.canonical, JSON.stringify(parsed.value)]).toEqual(['{"sent":{"a":1}}', '{"sent":{"a":1}}']);
});
