/**
 * Every case that the guards are held to has a test that names it, or stands here with the reason why it cannot. The ids are
 * those of the project's list of conformance cases: validator V, paths R, sandbox and files S, network N, hooks M, tools X,
 * schemas J, records D, course C, traps T.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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

const named = (): Set<string> => {
  const found = new Set<string>();
  for (const file of listRepositoryFiles()) {
    if (!/^test\/.*\.test\.ts$/u.test(file) || file.endsWith('case-ids.test.ts')) continue;
    const text = readFileSync(join(repositoryRoot, file), 'utf8');
    // At the start of a test's title, with what was made of it.
    for (const [, first = ''] of text.matchAll(
      /(?:it|test|describe)(?:\.each(?:<[^>]*>)?\([^]*?\))?\(\s*['"`](?:P\d )?((?:[VRSNMXJDCT]\d+,? ?)+)/gu,
    ))
      for (const [id] of first.matchAll(/[A-Z]\d+/gu)) found.add(id);
    // In a table of cases that a file declares decided elsewhere.
    for (const [, id] of text.matchAll(/^\s*['"]?([VRSNMXJDCT]\d+)['"]?: ['"`]/gmu)) if (id) found.add(id);
  }
  return found;
};

it('no case is missing', () => {
  const found = named();
  expect(ids.filter((id) => !found.has(id) && !(id in elsewhere))).toEqual([]);
});

it('no case is excused that a test names', () => {
  const found = named();
  expect(Object.keys(elsewhere).filter((id) => found.has(id))).toEqual([]);
});

it('every excuse is of a known case and says what was made of it', () => {
  for (const [id, why] of Object.entries(elsewhere)) {
    expect(ids).toContain(id);
    expect(why).toMatch(/^n-a: \S/u);
    for (const [path] of why.matchAll(/(?:test|docs)\/[\w/.-]+\.(?:ts|md)/gu))
      expect(listRepositoryFiles()).toContain(path);
  }
});
