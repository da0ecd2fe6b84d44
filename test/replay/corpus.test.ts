/**
 * The recorded corpus against the current workflow code. A run that is under way must be able to go on: whoever breaks one of
 * these breaks it.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { findLeaks } from '../../scripts/lint/find-leaks.ts';
import { replayBundle, type WorkflowBundle } from '../../worker/workflow-bundle.ts';
import { loadRecorded, recordedNames } from '../histories/recorded.ts';
import { scenarios } from '../histories/scenarios.ts';
import { withoutMachine } from '../histories/without-machine.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { branches } from './branches.ts';
import { remedy, replayRecordedRun, whatBreaks } from './corpus-verdict.ts';

let bundle: WorkflowBundle;

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
});

it('corpus holds one history for each scenario, and each is listed with the branch that it took', () => {
  expect(recordedNames()).toEqual(scenarios.map(({ name }) => name).toSorted());
  expect(recordedNames()).toEqual([...new Set(branches.flatMap(({ histories }) => histories))].toSorted());
  // As the issue of the corpus names them: taking one out of the list is no way to be complete.
  expect(branches.map(({ name }) => name)).toEqual(
    expect.arrayContaining('approve deny expire late reset continue-as-new unknown cancel refused held'.split(' ')),
  );
});

it.each(recordedNames())('P4a recorded run "%s" holds nothing of the machine that recorded it', (name) => {
  const { links } = loadRecorded(name);
  expect(withoutMachine(links)).toEqual(links);
  expect(textsIn(links).flatMap(findLeaks)).toEqual([]);
});

it.each(recordedNames())(
  'P4a recorded run "%s" replays with the current workflow code, verifies, and took its branch',
  async (name) => {
    const report = await replayRecordedRun(name, bundle);
    expect(whatBreaks(name, report)).toBeNull();
    const own = branches.filter(({ histories }) => histories.includes(name));
    expect(own.filter((branch) => !branch.shows(report)).map((branch) => branch.name)).toEqual([]);
  },
);

it.each([
  ['asks for something else', 'run.turn += 1;', 'run.turn += 2;', /input of "callModel"/],
  [
    'asks for one thing more',
    'run.turn += 1;',
    'run.turn += 1; await (0, _temporalio_workflow__WEBPACK_IMPORTED_MODULE_0__.sleep)(1000);',
    /replay failed: .*Nondeterminism/,
  ],
])(
  'a changed workflow that %s fails here, with history, event and remedy',
  async (_what, before, after, difference) => {
    const report = await replayRecordedRun('approve', await changedBundle(before, after));
    const words = whatBreaks('approve', report) ?? '';
    expect(words).toMatch(
      /^The recorded run test\/histories\/approve\.json breaks at event \d+ of link [0-9a-f-]{36}: /,
    );
    expect(words).toMatch(difference);
    expect(words).toContain(remedy);
    expect(words).toContain('patched()');
    expect(words).toContain('npm run record');
  },
);

/** The bundle of the current code with one change in it. */
async function changedBundle(before: string, after: string): Promise<WorkflowBundle> {
  const code = await readFile(bundle.codePath, 'utf8');
  expect(code.split(before)).toHaveLength(2);
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-changed-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const codePath = join(folder, 'replay-bundle.js');
  await writeFile(codePath, code.replace(before, after));
  return { codePath };
}

/** All texts, those of payloads decoded. */
function textsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return [key === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, name));
}
