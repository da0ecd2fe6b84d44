/** The one pass that all text guards rest on: it must see what a plain search sees, wherever in a text it stands. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSecrets, redactSecrets } from '../../../guards/index.ts';
import { unitText } from '../../../guards/text/code-units.ts';
import { createLiteralFinder } from '../../../guards/text/find-literals.ts';
import { signalsText } from '../../../scripts/signal-table.ts';

const words = ['ab', 'abc', 'abcd', 'bc', 'sk-', 'SK', 'B3', '://'];

function plainSearch(text: string, ignoreCase: boolean): [number, string][] {
  const given = ignoreCase ? lower(text) : text;
  return words
    .flatMap((word) =>
      Array.from({ length: given.length }, (_, at) => at).flatMap((at): [number, string][] =>
        given.startsWith(ignoreCase ? lower(word) : word, at) ? [[at, word]] : [],
      ),
    )
    .toSorted(([a, one], [b, other]) => a - b || one.localeCompare(other));
}

/** Of ASCII alone: folding others changes lengths. */
function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

describe('createLiteralFinder', () => {
  test.each([true, false])('sees what a plain search sees (ignoring case: %s)', (ignoreCase) => {
    const find = createLiteralFinder([{ literals: new Map(words.map((word) => [word, [word]])), ignoreCase }]);
    const piece = fc.oneof(
      fc.constantFrom(...words, ...words.map((word) => word.toUpperCase())),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        const found: [number, string][] = [];
        find(unitText(text), (at, [word = '']) => found.push([at, word]));
        expect(found.toSorted(([a, one], [b, other]) => a - b || one.localeCompare(other))).toEqual(
          plainSearch(text, ignoreCase),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('looks no further when it is told to stop', () => {
    const find = createLiteralFinder([{ literals: new Map([['ab', ['ab']]]) }]);
    const found: number[] = [];
    find(unitText('ab ab ab'), (at) => (found.push(at) === 2 ? 'stop' : undefined));
    expect(found).toEqual([0, 3]);
  });

  test.each([8190, 8191, 8192, 8193, 16_383, 16_384])('sees one that stands at %i, where a chunk may end', (at) => {
    const find = createLiteralFinder([{ literals: new Map([['abcd', ['abcd']]]) }]);
    for (const behind of ['', ' ', ' and more behind it']) {
      const found: number[] = [];
      find(unitText(`${' '.repeat(at)}abcd${behind}`), (place) => found.push(place));
      expect(found).toEqual([at]);
    }
  });
});

describe('a text with more secrets than texts have', () => {
  const crowd = (many: number): string =>
    Array.from({ length: many }, (_, at) => `password="k${at}x9!q" `).join('') + 'and the end';

  test('is taken out whole from there on, and says so', async () => {
    const text = crowd(3000);
    const findings = await findSecrets(text);
    expect(findings.at(-1)).toMatchObject({ rule: 'crowded-text', span: { end: text.length } });
    const { text: redacted } = await redactSecrets(text);
    expect(redacted).not.toMatch(/k\d+x9!q|the end/);
  });

  test('so is one with more beginnings of secrets than texts have, and a secret behind them goes with it', async () => {
    const secret = ['ghp', 'w8Kd03Lm7QxZr5Tb1Vn9Yc2Hf6Jg4Ps0Ea3u'].join('_');
    const text = `${'sk-'.repeat(20_000)} ${secret}`;
    expect((await findSecrets(text)).map(({ rule }) => rule)).toContain('crowded-text');
    expect((await redactSecrets(text)).text).not.toContain(secret);
  });

  test('a long list of URLs is no crowd', async () => {
    const text = Array.from({ length: 20_000 }, (_, at) => `https://a.example/${at}`).join('\n');
    expect(await findSecrets(text)).toEqual([]);
  });

  test('and one with fewer is not', async () => {
    const findings = await findSecrets(crowd(900));
    expect(findings).toHaveLength(900);
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['assignment']));
  });
});

test('signals.json is what the table says: npm run tables writes it', () => {
  const shipped = new URL('../../../guards/injection/signals.json', import.meta.url);
  expect(JSON.parse(readFileSync(shipped, 'utf8'))).toEqual(JSON.parse(signalsText()));
});
