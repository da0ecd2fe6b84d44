/** `countersign policy explain`: why a call gets its verdict: every rule, every layer, in one screen. */
import { z } from 'zod';
import { CountersignError } from '../../../core/errors.ts';
import { defineCommand } from '../../define-command.ts';
import { defineLayerOptions, layerOptions } from '../../policy/layer-options.ts';

export const policyExplain = defineCommand({
  usage: 'policy explain [policy]',
  summary: 'Say of every rule why it did or did not match a call',
  examples: [
    `policy explain agents/ops --call '{"tool":"restart_service","args":{"name":"web"}}'`,
    'policy explain policy.yaml --cases policy.cases.yaml --name "restart in production asks"',
    'policy explain --run run-0b9c… --call 3.0',
    'policy explain agents/ops --run run-0b9c… --call 3.0 --json',
  ],
  define: (command) =>
    defineLayerOptions(
      command
        .option('--call <call>', 'a call as JSON; with --run: its turn and index, such as 3.0')
        .option('--cases <file>', 'take the call from a file of cases')
        .option('--name <name>', 'which case of it (default: the first)')
        .option('--run <run>', 'a recorded call of this run'),
    ),
  options: z.object({
    call: z.string().optional(),
    cases: z.string().optional(),
    name: z.string().optional(),
    run: z.string().optional(),
    ...layerOptions,
  }),
  async run(context, [given], options) {
    if (options.run !== undefined) {
      const { explainRecorded } = await import('../../policy/explain-recorded.ts');
      return await explainRecorded(context, options.run, options.call, given);
    }
    const { explainCall } = await import('../../policy/explain-call.ts');
    if (options.call === undefined && options.cases === undefined) {
      throw new CountersignError(
        'input-invalid',
        'Cannot explain a call: none was named, expected one; add --call, --cases or --run',
      );
    }
    return await explainCall(context, given ?? 'policy.yaml', options);
  },
});
