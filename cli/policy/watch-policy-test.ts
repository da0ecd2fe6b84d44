/** `policy test --watch`: again whenever a file changes, until it is told to stop. A file that does not load ends nothing. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CountersignError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { type PolicyTestOptions, runPolicyTest } from './run-policy-test.ts';

/** Between two looks, ms. Looking, not being told: editors replace files in ways that a watch on the file does not see. */
const everyMs = 500;

export async function watchPolicyTest(
  context: Pick<CommandContext, 'terminal' | 'json' | 'takeStop' | 'pause'>,
  given: string,
  options: PolicyTestOptions,
): Promise<number> {
  const stop = context.takeStop();
  const { organisation, team = [], cases = [] } = options;
  const above = [organisation ?? [], ...team.map((one) => one.slice(one.indexOf('=') + 1))].flat();
  const beside = ['agent.yaml', 'policy.yaml', 'policy.cases.yaml'].map((name) => join(given, name));
  const seen = new Map([given, ...beside, ...cases, ...above].map((file) => [file, '']));
  let exit: number = exitCodes.failed;
  while (!stop.aborted) {
    // Taken before the files are read: what is saved during a run is seen by the next look.
    const changed = await look(seen);
    if (changed) {
      try {
        const run = await runPolicyTest(context, given, options);
        exit = run.exit;
        const found = run.files.filter((file) => !seen.has(file));
        for (const file of found) seen.set(file, await stampOf(file));
      } catch (error) {
        if (!(error instanceof CountersignError)) throw error;
        exit = exitCodes.failed;
        context.terminal.result(error.message);
      }
      context.terminal.talk('waiting for changes');
    }
    await context.pause(everyMs, stop);
  }
  return exit;
}

/** @returns whether a file is another one than it was */
async function look(seen: Map<string, string>): Promise<boolean> {
  let changed = false;
  for (const [file, before] of seen) {
    const now = await stampOf(file);
    if (now !== before) changed = true;
    seen.set(file, now);
  }
  return changed;
}

async function stampOf(file: string): Promise<string> {
  return await stat(file).then(
    ({ mtimeMs, ino, size }) => `${mtimeMs} ${ino} ${size}`,
    () => 'gone',
  );
}
