/**
 * `countersign export`: everything recorded of a run in one signed file, which `countersign replay <file>` verifies on any
 * machine. It reads Temporal, store and public keys directly, needs no gateway, and changes nothing of the run.
 */
import { z } from 'zod';
import type { ExportedRun } from '../parts/export-run.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes } from '../exit-codes.ts';
import { CountersignError } from '../../core/errors.ts';
import { runId } from '../run-id.ts';

const stateInWords: Readonly<Record<ExportedRun['state'], string>> = {
  ended: 'the run has ended',
  open: 'the run is OPEN: what comes after this moment is not in the file',
  cut: 'the run was terminated or timed out',
  unknown: 'whether the run ended is not known: its history is gone',
};

export const exportCommand = defineCommand({
  usage: 'export <run>',
  summary: 'Write everything recorded of a run into one signed file',
  examples: [
    'export run-0b9c…',
    'export run-0b9c… --output incident-4711.jsonl',
    'replay incident-4711.jsonl --keys registry.json',
  ],
  define: (command) =>
    command
      .option('--output <file>', 'file to write (default: <run>.export.jsonl in this folder)')
      .option('--force', 'replace a regular file that is there')
      .option('--no-store', 'histories and public keys alone')
      .option('--temporal <address>', 'host:port (TEMPORAL_ADDRESS, default: the engine of the state folder)')
      .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE, default countersign)'),
  options: z.object({
    output: z.string().min(1, 'expected a file name').optional(),
    force: z.boolean().default(false),
    store: z.boolean(),
  }),
  async run({ terminal, json, config, environment, clock, takeStop }, [given = ''], { output, force, store }) {
    const workflowId = runId('export', given);
    const { exportRun } = await import('../parts/export-run.ts');
    if (output === '-') {
      throw new CountersignError(
        'input-invalid',
        'Cannot export to standard output: an export is there whole or not at all, expected a file name; name a file and read that (./- is a file of this name)',
      );
    }
    const file = output ?? `${workflowId}.export.jsonl`;
    const log = (line: string): void => terminal.talk(line);
    const order = { workflowId, file, force, useStore: store, stop: takeStop(), log };
    const exported = await terminal.progress('exporting', exportRun(config(), { environment, clock }, order));
    if (!exported) return exitCodes.interrupted;
    const { parts, state, missing, bytes, digest, kid } = exported;
    if (json) {
      terminal.json(exported);
      return exitCodes.done;
    }
    terminal.result(file);
    terminal.talk(
      `${bytes} bytes: ${parts.link} links with ${parts.event} events, ${parts.decision} decisions, ${parts.vote} votes, ${parts.ledger} ledger entries, ${parts.body} bodies`,
    );
    terminal.talk(`${digest}, signed by ${kid}`);
    terminal.talk(state === 'ended' ? stateInWords[state] : terminal.talkStyle('yellow', stateInWords[state]));
    for (const what of missing) terminal.talk(terminal.talkStyle('yellow', `missing: ${what}`));
    return exitCodes.done;
  },
});
