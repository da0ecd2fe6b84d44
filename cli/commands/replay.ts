/**
 * `countersign replay`: a run's histories through today's workflow code, every signature on the way, and the postmortem.
 * It reads Temporal, store and public keys directly, or one exported file, and needs no gateway; it writes nothing. Where the
 * state folder's engine has ended it is started for the replay of a run, and ended again.
 */
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { CountersignError } from '../../core/errors.ts';
import type { Config, Environment } from '../../worker/config.ts';
import { defineCommand } from '../define-command.ts';
import type { Replayed } from '../parts/replay-from.ts';
import { runId } from '../run-id.ts';

export const replay = defineCommand({
  usage: 'replay <run-or-file>',
  summary: 'Replay a run or an exported file, verify its record, print its postmortem',
  examples: [
    'replay run-0b9c…',
    'replay run-0b9c… --json > postmortem.json',
    'replay run-0b9c… --no-store',
    'replay run-0b9c….export.jsonl --keys registry.json',
  ],
  define: (command) =>
    command
      .option('--keys <file>', 'of a file: the key registry that vouches for it (default: that of the state folder)')
      .option('--no-store', 'from histories and public keys alone; what needs the store is listed as not checked')
      .option('--temporal <address>', 'host:port (TEMPORAL_ADDRESS, default: the engine of the state folder)')
      .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE, default countersign)'),
  options: z.object({ store: z.boolean(), keys: z.string().min(1, 'expected a file name').optional() }),
  async run({ terminal, json, config, environment, clock }, [given = ''], { store, keys }) {
    const { report, exit, text } = await terminal.progress(
      'replaying',
      isRun(given)
        ? replayOfRun(given, keys, { config: config(), clock }, store, (line) => terminal.talk(line))
        : replayOfFile(given, keys, config(), environment),
    );
    if (json) terminal.json(report);
    else terminal.result(text(terminal.style('red', 'x') !== 'x').trimEnd());
    return exit;
  },
});

/** What begins like a run's id is one, or a slip in one: a file of such a name is `./run-…`. */
function isRun(given: string): boolean {
  return /^run-[^/\\.]*$/u.test(given);
}

async function replayOfRun(
  given: string,
  keys: string | undefined,
  place: { config: Config; clock: Clock },
  store: boolean,
  log: (line: string) => void,
): Promise<Replayed> {
  const workflowId = runId('replay', given);
  if (keys !== undefined) {
    throw new CountersignError(
      'input-invalid',
      'Cannot replay a run with --keys: its keys are those of the state folder, expected --keys with a file alone; leave it out',
    );
  }
  const { replayFrom } = await import('../parts/replay-from.ts');
  return await replayFrom(place, workflowId, store, log);
}

async function replayOfFile(
  file: string,
  keys: string | undefined,
  config: Config,
  environment: Environment,
): Promise<Replayed> {
  const { replayFile } = await import('../parts/replay-file.ts');
  return await replayFile(config, environment, file, keys);
}
