/**
 * Every case that the guards are held to has a test that names it, or stands here with the reason why it cannot. The ids are
 * those of the project's list of conformance cases: validator V, paths R, sandbox and files S, network N, hooks M, tools X,
 * schemas J, records D, course C, traps T.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type NamedCase, namedCases } from '../../support/named-cases.ts';
import { listRepositoryFiles, repositoryRoot } from '../../../scripts/lint/repository-files.ts';

const counts = { V: 18, R: 8, S: 18, N: 4, M: 8, X: 6, J: 6, D: 3, C: 15, T: 13 };
const ids = Object.entries(counts).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, at) => `${letter}${at + 1}`),
);

/** Cases of theirs about something that does not exist here; of every other one a test bears the id. */
const elsewhere: Readonly<Record<string, string>> = {
  V16: 'n-a: the model gives no time-out; the tool’s author does, and the schema refuses others (test/unit/tools/shell-tool.test.ts)',
  V17: 'n-a: the model gives no folder; a run has one of its own',
  V18: 'n-a: there are no tasks in the background',
  R6: 'n-a: a path is never resolved without being opened',
  S9: 'n-a: the folder of a run is not a list that grows',
  S10: 'n-a: no path is resolved apart from opening it',
  S12: 'n-a: there is no list of roots to hand out',
  S14: 'n-a: the sandbox bounds time and output, not shares of a machine (docs/sandbox.md)',
  S15: 'n-a: there is one door, the sandbox port',
  S17: 'n-a: no extra folders are configured; read-only paths are absolute (test/unit/tools/sandbox-paths.test.ts)',
  S18: 'n-a: outputs have no folder named by a model',
  M8: 'n-a: Temporal runs one workflow task of a run at a time; the store’s fences hold where two workers meet (test/unit/store)',
  D3: 'n-a: the record is the ledger and the history (docs/replay.md)',
};

const found = (): NamedCase[] =>
  listRepositoryFiles()
    .filter((file) => /^test\/.*\.test\.ts$/u.test(file) && !file.endsWith('case-ids.test.ts'))
    .flatMap((file) => namedCases(readFileSync(join(repositoryRoot, file), 'utf8')));

/** Those whose test asserts something and says what was made of the case. */
const named = (): Set<string> => new Set(found().flatMap(({ id, mark, asserts }) => (mark && asserts ? [id] : [])));

it('no case is missing', () => {
  const tested = named();
  expect(ids.filter((id) => !tested.has(id) && !(id in elsewhere))).toEqual([]);
});

it('no test bears the name of a case and asserts nothing', () => {
  expect(found().filter(({ id, asserts }) => ids.includes(id) && !asserts)).toEqual([]);
});

describe('a case is missed', () => {
  const whole = `describe('a', () => {
  it('V1 port: denies', () => {
    expect(1).toBe(1);
  });
  test.each<[string]>([
    ['a)'],
  ])('P1 R5 T9 invert: %s', async (one) => {
    await expect(one).rejects.toThrow();
  });
  it('S1 adapt: a line', () => expectAll('x'));
  it.each(['x'])(
    'J6 port: long',
    (one) => {
      expect(one).toBe('x');
    },
  );
});
`;
  const idsOf = (source: string) =>
    namedCases(source).flatMap(({ id, mark, asserts }) => (mark && asserts ? [id] : []));

  it('not while it is there', () => {
    expect(idsOf(whole)).toEqual(['V1', 'R5', 'T9', 'S1', 'J6']);
  });

  it.each([
    ['its body is emptied', '    expect(1).toBe(1);\n', ''],
    ['its body is a comment’s', 'expect(1).toBe(1);', '// nothing'],
    ['its only line is emptied', "expectAll('x')", 'undefined'],
    ['it is a comment', "  it('V1", "  // it('V1"],
    ['it is skipped', "it('V1", "it.skip('V1"],
    ['it is only planned', "it('V1", "it.todo('V1"],
    ['it does not say what was made of it', 'V1 port', 'V1'],
    ['its id is gone', 'V1 port: denies', 'denies'],
  ])('when %s', (_, part, instead) => {
    expect(whole).toContain(part);
    expect(idsOf(whole.replace(part, instead)).length).toBe(4);
  });

  it('each of several when their test asserts nothing', () => {
    expect(idsOf(whole.replace('await expect(one).rejects.toThrow();', 'await one;'))).toEqual(['V1', 'S1', 'J6']);
  });
});

it('no case is excused that a test names', () => {
  const tested = named();
  expect(Object.keys(elsewhere).filter((id) => tested.has(id))).toEqual([]);
});

it('every excuse is of a known case and says what was made of it', () => {
  for (const [id, why] of Object.entries(elsewhere)) {
    expect(ids).toContain(id);
    expect(why).toMatch(/^n-a: \S/u);
    for (const [path] of why.matchAll(/(?:test|docs)\/[\w/.-]+\.(?:ts|md)/gu))
      expect(listRepositoryFiles()).toContain(path);
  }
});
