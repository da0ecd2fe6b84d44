/** The strict parser gives what JSON.parse gives, or refuses; the canonical form is a fixed point. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, maximumDepth, parseCanonicalJson, parseStrictJson } from '../../../core/canonical-json.ts';

const reserved = new Set(['__proto__', 'constructor', 'prototype']);
const key = fc.string({ unit: 'grapheme' }).filter((text) => !reserved.has(text) && text.isWellFormed());
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('parseStrictJson', () => {
  test('gives the value of JSON.parse for any JSON without refused parts', () => {
    fc.assert(
      fc.property(json, fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseStrictJson(text)).toEqual({ kind: 'value', value: JSON.parse(text) });
      }),
    );
  });

  test('agrees with JSON.parse or refuses, for JSON damaged at any place', () => {
    const damage = fc.constantFrom(
      '"',
      '\\',
      ',',
      ':',
      '[',
      ']',
      '{',
      '}',
      '0',
      '-',
      '.',
      'e',
      '\n',
      '\u0000',
      '/',
      "'",
      ' ',
      '\uFEFF',
      '\\u0061',
      '"a":1,',
    );
    fc.assert(
      fc.property(json, fc.nat(), damage, fc.boolean(), (value, at, extra, replace) => {
        const whole = JSON.stringify(value);
        const index = at % (whole.length + 1);
        const text = whole.slice(0, index) + extra + whole.slice(replace ? index + 1 : index);
        const parsed = parseStrictJson(text);
        // For what it takes, every other reader reads the same.
        return parsed.kind === 'refused' || canonicalJson(parsed.value) === canonicalJson(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('refuses a duplicate key at any depth', () => {
    fc.assert(
      fc.property(fc.nat(maximumDepth - 1), key, json, json, (depth, name, first, second) => {
        fc.pre(depth < maximumDepth - 10);
        const object = `{${JSON.stringify(name)}:${JSON.stringify(first)},"other":0,${JSON.stringify(name)}:${JSON.stringify(second)}}`;
        const text = '[{"x":'.repeat(depth / 2) + object + '}]'.repeat(depth / 2);
        expect(parseStrictJson(text).kind).toBe('refused');
      }),
    );
  });

  test.each([...reserved])('refuses the key %s, which would change an object rather than fill it', (name) => {
    expect(parseStrictJson(`{"a":[{"${name}":{"admin":true}}]}`)).toEqual({
      kind: 'refused',
      reason: 'it uses a reserved key',
    });
  });

  test('refuses every integer beyond 2^53, whatever its spelling', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }),
        fc.constantFrom('', '-'),
        fc.constantFrom('', '.0', 'e0', '.5'),
        (big, sign, tail) => {
          expect(parseStrictJson(`[${sign}${big}${tail}]`).kind).toBe('refused');
        },
      ),
    );
  });

  test('takes nesting up to the bound and refuses one more', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseStrictJson(nested(maximumDepth)).kind).toBe('value');
    expect(parseStrictJson(nested(maximumDepth + 1)).kind).toBe('refused');
  });

  test('refuses a million opening brackets without exhausting the stack', () => {
    expect(parseStrictJson('['.repeat(1_000_000)).kind).toBe('refused');
    expect(parseStrictJson('{"a":'.repeat(200_000)).kind).toBe('refused');
  });

  test('does not count brackets inside strings as nesting', () => {
    const text = JSON.stringify({ a: '['.repeat(1000), b: '\\"{{{'.repeat(100) });
    expect(parseStrictJson(text)).toEqual({ kind: 'value', value: JSON.parse(text) });
  });

  test('gives objects that inherit nothing new', () => {
    const parsed = parseStrictJson('{"toString":1,"hasOwnProperty":2}');
    expect(parsed).toEqual({ kind: 'value', value: { toString: 1, hasOwnProperty: 2 } });
  });

  test('says why without repeating the text', () => {
    const secret = 'hunter2';
    for (const text of [
      `{"${secret}":1,"${secret}":2}`,
      `{"__proto__":"${secret}"}`,
      `["${secret}`,
      `"${secret}\\ud800"`,
    ]) {
      const parsed = parseStrictJson(text);
      expect(parsed.kind).toBe('refused');
      expect(JSON.stringify(parsed)).not.toContain(secret);
    }
  });
});

describe('canonicalJson', () => {
  test('is a fixed point: parsed and written again it is the same text', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        const parsed = parseStrictJson(text);
        expect(parsed.kind).toBe('value');
        expect(canonicalJson(parsed.kind === 'value' ? parsed.value : undefined)).toBe(text);
      }),
    );
  });

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(key, json, { noNullPrototype: true }), (object) => {
        expect(canonicalJson(Object.fromEntries(Object.entries(object).reverse()))).toBe(canonicalJson(object));
      }),
    );
  });

  test('T7 invert: keeps apart what a looser form would merge', () => {
    const values = [{ a: '1' }, { a: 1 }, ['a,b'], ['a', 'b'], { a: null }, {}, [], [[]], '', null, false, 0, '0'];
    expect(new Set(values.map(canonicalJson)).size).toBe(values.length);
  });

  test.each([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['Infinity', [Number.POSITIVE_INFINITY]],
    ['a BigInt', { a: 1n }],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
  ])('refuses %s', (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(/not JSON|not allowed|BigInt/);
  });

  test.each([
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
  ])('refuses %s', (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(/surrogate/);
  });

  test('refuses a cycle', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => canonicalJson(cycle)).toThrow(/circular/i);
  });
});

describe('parseCanonicalJson', () => {
  test('says of canonical text what the strict parser says of it', () => {
    const number = fc.oneof(fc.double(), fc.bigInt({ min: 2n ** 52n, max: 2n ** 55n }).map(Number));
    const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'plain'));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        number.filter(Number.isFinite),
        fc.string(),
        fc.constantFrom(null, true),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        const text = canonicalJson(one);
        expect(parseCanonicalJson(text)).toEqual(parseStrictJson(text));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    '{"b":1,"a":1}',
    '{"a":1,"a":1}',
    '{"a": 1}',
    '[1.0]',
    '[-0]',
    '"\\u0061"',
    '[1] ',
    '{"a":1}{}',
    '9007199254740993',
  ])('refuses what is not in canonical form: %s', (text) => expect(parseCanonicalJson(text).kind).toBe('refused'));
});
