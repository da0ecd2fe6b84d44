/**
 * `countersign replay`: the run's histories through today's workflow code, every signature on the way, and the postmortem.
 * It reads Temporal, store and public keys directly and needs no gateway; it writes nothing. Where the state folder's engine
 * has ended it is started for the replay, and ended again.
 */
import { z } from 'zod';
import { defineCommand } from '../define-command.ts';
import { runId } from '../run-id.ts';

export const replay = defineCommand({
  usage: 'replay <run>',
  summary: 'Replay a run, verify its record, print its postmortem',
  examples: ['replay run-0b9c…', 'replay run-0b9c… --json > postmortem.json', 'replay run-0b9c… --no-store'],
  define: (command) =>
    command
      .option('--no-store', 'from histories and public keys alone; what needs the store is listed as not checked')
      .option('--temporal <address>', 'host:port (TEMPORAL_ADDRESS, default: the engine of the state folder)')
      .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE, default countersign)'),
  options: z.object({ store: z.boolean() }),
  async run({ terminal, json, config, clock }, [given = ''], { store }) {
    const workflowId = runId('replay', given);
    const { replayFrom } = await import('../parts/replay-from.ts');
    const { report, exit, text } = await terminal.progress(
      'replaying',
      replayFrom({ config: config(), clock }, workflowId, store, (line) => terminal.talk(line)),
    );
    if (json) terminal.json(report);
    else terminal.result(text(terminal.style('red', 'x') !== 'x').trimEnd());
    return exit;
  },
});
