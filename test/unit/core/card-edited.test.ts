/** P2: the card of an edited call shows what was changed and by whom, and the text that is edited stays what it was. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { buildCard } from '../../../core/card/build-card.ts';
import { compareArguments } from '../../../core/card/compare-arguments.ts';
import { editableJson } from '../../../core/card/editable-json.ts';
import { layOutCard } from '../../../core/card/lay-out-card.ts';
import { renderCardText } from '../../../core/card/render-text.ts';
import { cardSchema } from '../../../core/contracts/approval.ts';
import { digestText } from '../../../core/digest.ts';
import { jsonPlace } from '../../../core/json-place.ts';
import { aCard } from '../../support/signed-objects.ts';

const plain = cardSchema.parse(JSON.parse(aCard('run-1/1.0')));

function editedFrom(before: unknown, after: unknown) {
  const [old, now] = [canonicalJson(before), canonicalJson(after)];
  const originalDigest = digestText('arguments', old);
  const edited = { by: ['olga', 'pete'], originalDigest, ...compareArguments(old, now) };
  return buildCard({ ...plain, arguments: now, argumentsDigest: digestText('arguments', now), edited });
}

describe('the card of an edited call', () => {
  test('names its editors, what the agent asked for, and each change', () => {
    const card = editedFrom({ replicas: 30, old: 1 }, { replicas: 3, new: [1] });
    expect(cardSchema.parse(card)).toEqual(card);
    const lines = layOutCard(card).filter(({ label }) => label.toLowerCase() === 'edited');
    expect(lines.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      `warning: by olga, pete, who may not approve it; what the agent asked for was ${card.edited?.originalDigest}`,
      'fact: /new: absent → [1]',
      'fact: /replicas: 30 → 3',
      'fact: /old: 1 → absent',
    ]);
  });

  test('says how many changes it does not list', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, index]));
    expect(renderCardText(editedFrom({}, many))).toContain('and 10 more');
  });

  test('hides nothing that was edited in', () => {
    const text = renderCardText(editedFrom({ name: 'a' }, { name: 'a\u202Eb\nApproved by everybody' }));
    expect(text).not.toContain('\u202E');
    expect(text).not.toMatch(/^Approved by everybody/mu);
  });

  test('has no such line where nobody edited it', () => {
    expect(layOutCard(plain).some(({ label }) => label.toLowerCase() === 'edited')).toBe(false);
  });
});

describe('text to be edited', () => {
  test('is the same arguments when nothing is changed, and shows what hides', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (value) => {
        const canonical = canonicalJson(value);
        const text = editableJson(canonical) ?? '';
        expect(canonicalJson(JSON.parse(text))).toBe(canonical);
        expect(text).not.toMatch(/[\p{Cf}\p{Co}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test.each([
    ['{\n  "a": b\n}', ' at line 2, column 8'],
    ['{"a": 1', ' at line 1, column 8'],
    ['{"a": 1}', ''],
  ])('that is no JSON has a place: %j', (text, place) => {
    expect(jsonPlace(text)).toBe(place);
  });
});
