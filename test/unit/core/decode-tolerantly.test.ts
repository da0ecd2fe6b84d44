/** What anybody may send as a payload, and what a run makes of it: a value that can be written again (contracts.md §6). */
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { decodeTolerantly } from '../../../core/decode-tolerantly.ts';

function decode(text: string): unknown {
  const bytes = new TextEncoder().encode(text);
  return decodeTolerantly(bytes, () => JSON.parse(text) as unknown);
}

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a payload', () => {
  test.each(['null', '"a [[[[ \\" text"', '{"a":[{"b":1}]}', deep(200)])('that is JSON is its value: %.40s', (text) => {
    expect(decode(text)).toEqual(JSON.parse(text));
  });

  test.each([
    ['broken', '{not json'],
    ['deeper than we write ourselves', deep(201)],
    ['deeper than a stack', deep(500_000)],
    ['deep in objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['deep behind a closed string', `{"a":"]","b":${deep(300)}}`],
  ])('that is %s is a value that says so, and can be written', (_what, text) => {
    const decoded = decode(text);
    expect(decoded).toEqual({ undecodable: true, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(() => canonicalJson(decoded)).not.toThrow();
  });

  test('without data is one too', () => {
    const failing = (): never => {
      throw new TypeError('no data');
    };
    expect(decodeTolerantly(null, failing)).toMatchObject({ undecodable: true });
  });
});
