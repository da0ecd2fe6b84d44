/**
 * `countersign setup`: what a deployment needs once, before its processes start: keys, the store's tables and roles, the
 * namespace and its search attribute. What is there stays; it may be run at every release, and two at once do no harm.
 */
import { z } from 'zod';
import { defineCommand } from '../define-command.ts';
import { dayCountSchema } from '../option-schemas.ts';
import { prepareState } from '../prepare-start.ts';
import { tableLines } from '../show/format.ts';

const partSchema = z.enum(['keys', 'store', 'temporal']);

export const setup = defineCommand({
  usage: 'setup',
  summary: 'Make what a deployment needs: keys, store, namespace; or look whether it is there',
  examples: ['setup', 'setup --check --json', 'setup --only temporal --retention-days 90'],
  define: (command) =>
    command
      .option('--check', 'change nothing; exit code 1 where something is missing')
      .option('--only <list>', 'of keys, store, temporal (default: all)')
      .option('--retention-days <days>', 'how long the namespace keeps histories (default: 30 for one that is made)')
      .option('--temporal <address>', 'host:port (TEMPORAL_ADDRESS, default: the engine of the state folder)')
      .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE, default countersign)'),
  options: z.object({
    check: z.boolean().default(false),
    only: z
      .string()
      .default(partSchema.options.join(','))
      .transform((text) => text.split(',').map((part) => part.trim()))
      .pipe(z.array(partSchema).min(1)),
    retentionDays: dayCountSchema.optional(),
  }),
  async run(context, _args, { check, only, retentionDays }) {
    const { terminal, json } = context;
    const config = context.config();
    if (!check) await prepareState(context, config);
    const { runSetup } = await import('../parts/run-setup.ts');
    const { exitOfSteps } = await import('../parts/set-up-step.ts');
    const options = { parts: only, onlyLook: check, retentionDays };
    const steps = await terminal.progress(check ? 'looking' : 'setting up', runSetup(context, config, options));
    const exit = exitOfSteps(steps);
    if (json) {
      terminal.json({ ok: exit === 0, steps });
      return exit;
    }
    const rows = steps.map(({ state, name, detail }) => [
      terminal.style(state === 'ok' || state === 'made' ? 'green' : 'red', state),
      name,
      detail.split('\n')[0] ?? '',
    ]);
    for (const line of tableLines(rows)) terminal.result(line);
    for (const { name, remedy } of steps) {
      if (remedy !== undefined) terminal.result(`${terminal.style('bold', name)}: ${remedy}`);
    }
    return exit;
  },
});
