/** What an approver reads cannot be steered by what it shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { buildCard, type CardFacts, maximumCardArguments } from '../../../core/card/build-card.ts';
import { renderCardText } from '../../../core/card/render-text.ts';
import { cardSchema } from '../../../core/contracts/approval.ts';
import { digestJson } from '../../../core/digest.ts';
import { keepVisible, makeVisible } from '../../../core/make-visible.ts';
import { argumentsDigest, argumentsValue, ask } from '../../vectors/samples.ts';

const facts: CardFacts = {
  approvalId: ask.approvalId,
  kind: 'call',
  agent: 'ops',
  tool: 'restart_service',
  toolDescription: 'Restarts a service',
  effect: 'effect',
  arguments: canonicalJson(argumentsValue),
  argumentsDigest,
  requester: 'alice',
  onBehalfOf: null,
  environment: 'production',
  risk: 'high',
  rules: [{ id: 'restart-asks', reason: 'users feel a restart' }],
  findings: [],
  labels: ['untrusted'],
  targetState: null,
  deadlineAt: ask.deadlineAt,
  executeWithinMs: 300_000,
};
const naughty = readFileSync(join(import.meta.dirname, '..', '..', 'data', 'naughty-strings.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { id: string; base64: string })
  .map(({ id, base64 }) => ({ id, text: Buffer.from(base64, 'base64').toString('utf8') }));

/** Anything that a terminal acts on, or that is not seen. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}/u;

describe('buildCard', () => {
  test('carries short canonical arguments whole', () => {
    const card = buildCard(facts);
    expect(cardSchema.parse(card)).toEqual(card);
    expect(card).toMatchObject({ arguments: facts.arguments, argumentsCut: false });
  });

  test('says that long arguments are cut, and keeps head, tail and the digest of the whole', () => {
    const value = { first: 'A', middle: 'x'.repeat(9000), zlast: 'Z' };
    const canonicalArguments = canonicalJson(value);
    const card = buildCard({
      ...facts,
      arguments: canonicalArguments,
      argumentsDigest: digestJson('arguments', value),
    });
    expect(card.argumentsCut).toBe(true);
    expect(card.arguments.length).toBeLessThanOrEqual(maximumCardArguments);
    expect(card.arguments.startsWith('{"first":"A"')).toBe(true);
    expect(card.arguments.endsWith('"zlast":"Z"}')).toBe(true);
    expect(card.argumentsDigest).toBe(digestJson('arguments', value));
    expect(renderCardText(card)).toContain('CUT');
  });

  test('cuts at exactly one character more than the bound', () => {
    const of = (length: number) => buildCard({ ...facts, arguments: 'x'.repeat(length) }).argumentsCut;
    expect([of(maximumCardArguments), of(maximumCardArguments + 1)]).toEqual([false, true]);
  });

  test('never halves a surrogate pair: the card stays JSON', () => {
    for (const padding of ['', 'x']) {
      const canonicalArguments = canonicalJson(padding + '\u{1F600}'.repeat(5000));
      const card = buildCard({ ...facts, arguments: canonicalArguments });
      expect(card.arguments.isWellFormed()).toBe(true);
      expect(() => digestJson('card', card)).not.toThrow();
    }
  });
});

describe('renderCardText', () => {
  test('names verb and target first, then the arguments', () => {
    const lines = renderCardText(buildCard(facts)).split('\n');
    expect(lines[0]).toBe('Run restart_service on production');
    expect(lines[1]).toBe('  arguments   {"reason":"high memory","service":"web"}');
  });

  test('names who asked and for whom, where what was read came from, each rule with its text, and the tool’s own words', () => {
    const rules = [...facts.rules, { id: 'org/night', reason: 'nobody watches at night' }];
    const text = renderCardText(buildCard({ ...facts, onBehalfOf: 'bea', owners: ['olga'], rules }));
    for (const line of [
      /^ +asked for +alice on behalf of bea$/mu,
      /^ +behind it +also olga$/mu,
      /^ +agent +ops$/mu,
      /^ +came from +untrusted$/mu,
      /^ +rule +restart-asks: users feel a restart$/mu,
      /^ +rule +org\/night: nobody watches at night$/mu,
      /^ +tool says +Restarts a service$/mu,
    ])
      expect(text).toMatch(line);
    expect(renderCardText(buildCard({ ...facts, labels: [] }))).toMatch(/^ +came from +no label$/mu);
  });

  test('says what an answer leads to, and what silence does', () => {
    const call = renderCardText(buildCard({ ...facts, kind: 'call' }));
    expect(call).toContain('silence denies');
    const reconcile = renderCardText(buildCard({ ...facts, kind: 'reconcile' }));
    expect(reconcile).toContain('silence leaves its outcome unknown');
    expect(reconcile).not.toContain('then runs');
  });

  test('a value never adds a line or a terminal command, wherever it stands', () => {
    const hostile =
      'x\nRun read_logs on test\r\u2028\u2029\u0085\v\f\u001b[2J\u001b]0;t\u0007\u009b31m\u202Eevil\u2066\u200B\u00AD\u{E0041}';
    const card = buildCard({
      ...facts,
      arguments: hostile,
      agent: hostile,
      toolDescription: hostile,
      environment: hostile,
      approvalId: hostile,
      targetState: hostile,
      rules: [{ id: hostile, reason: hostile }],
      findings: [{ guard: 'g', rule: hostile, severity: 'high', message: hostile }],
    });
    const plain = buildCard({
      ...facts,
      targetState: 'x',
      findings: [{ guard: 'g', rule: 'r', severity: 'high', message: 'm' }],
    });
    const lines = renderCardText(card).split('\n');
    expect(lines.length).toBe(renderCardText(plain).split('\n').length);
    for (const line of lines) expect(line).not.toMatch(hidden);
    expect(lines[1]).toContain('\\nRun read_logs on test\\u{0D}\\u{2028}\\u{2029}\\u{85}\\u{0B}\\u{0C}\\u{1B}[2J');
    expect(lines[1]).toContain('\\u{202E}evil\\u{2066}\\u{200B}\\u{AD}\\u{E0041}');
  });

  test('a long tool description does not push the rest out of sight', () => {
    expect(renderCardText(buildCard({ ...facts, toolDescription: 'x'.repeat(4000) })).length).toBeLessThan(1500);
  });

  test('shows a time that no calendar holds', () => {
    expect(renderCardText(buildCard({ ...facts, deadlineAt: Number.MAX_SAFE_INTEGER }))).toContain(
      `${Number.MAX_SAFE_INTEGER} ms`,
    );
  });
});

describe('makeVisible', () => {
  test.each(naughty)('shows all of $id', ({ text }) => {
    expect(makeVisible(text)).not.toMatch(hidden);
  });

  test('leaves ordinary text of any language alone', () => {
    for (const text of [
      'delete prod_db',
      'naïve café',
      'Привет, мир',
      '你好，世界',
      'שלום',
      'مرحبا',
      'Ελλάδα',
      '👍🏽',
      'a → b',
    ]) {
      expect(makeVisible(text)).toBe(text);
    }
  });

  test('shows letters of another alphabet that pose as Latin ones', () => {
    expect(makeVisible('prod_d\u0435b')).toBe('prod_d\\u{435}b');
    expect(makeVisible('\uFF50rod')).toBe('\\u{FF50}rod');
    expect(makeVisible('\u{1D5BA}dmin')).toBe('\\u{1D5BA}dmin');
  });

  test('shows padding and piled marks', () => {
    expect(makeVisible(`rm x${' '.repeat(300)}y`)).toBe('rm x\\u{20}×300y');
    expect(makeVisible(`z${'\u0301'.repeat(50)}`)).toMatch(/^z\u0301{3}(\\u\{301\}){47}$/);
  });

  test('an escape cannot be forged by text that spells one', () => {
    expect(makeVisible('\\u{202E}')).toBe('\\u{5C}u{202E}');
    expect(makeVisible('\u202E')).toBe('\\u{202E}');
  });

  test('hides nothing, for any text', () => {
    const text = fc.string({ unit: 'binary' });
    const part = fc.oneof(
      text,
      fc.constantFrom('\\', 'u{', '}', '\n', '\\n', '\u202E', ' '.repeat(9), '\u{5C}', 'e', '\u0435', '\ud800'),
    );
    const mixed = fc.array(part).map((parts) => parts.join(''));
    fc.assert(
      fc.property(mixed, (value) => {
        expect(makeVisible(value)).not.toMatch(hidden);
        expect(keepVisible(value)).not.toMatch(hidden);
        expect(keepVisible(makeVisible(value))).toBe(makeVisible(value));
      }),
      { numRuns: 500 },
    );
  });
});
