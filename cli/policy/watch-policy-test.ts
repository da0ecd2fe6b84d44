/** `policy test --watch`: again whenever a file changes, until it is told to stop. A file that does not load ends nothing. */
import { stat } from 'node:fs/promises';
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
  let files = [given, `${given}/policy.yaml`, `${given}/policy.cases.yaml`, ...(options.cases ?? [])];
  let seen = '';
  let exit: number = exitCodes.failed;
  while (!stop.aborted) {
    const now = await stampOf([...files, ...(options.organisation === undefined ? [] : [options.organisation])]);
    if (now !== seen) {
      seen = now;
      try {
        const run = await runPolicyTest(context, given, options);
        exit = run.exit;
        files = [...new Set([...files, ...run.files])];
        seen = await stampOf([...files, ...(options.organisation === undefined ? [] : [options.organisation])]);
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

async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map(async (file) =>
      stat(file).then(
        ({ mtimeMs, size }) => `${file} ${mtimeMs} ${size}`,
        () => `${file} gone`,
      ),
    ),
  );
  return stamps.join('\n');
}
