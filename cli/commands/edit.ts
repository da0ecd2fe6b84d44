/** `countersign edit`: answers a request with other arguments, which go through the gate anew. */
import { z } from 'zod';
import { defineCommand } from '../define-command.ts';

export const edit = defineCommand({
  usage: 'edit <approval>',
  summary: 'Change the arguments of a call that waits: opens $VISUAL or $EDITOR on them, or takes a file',
  examples: [
    'edit 5e8f1c2a',
    'edit 5e8f1c2a --yaml --reason "two are enough"',
    'edit 5e8f1c2a --arguments changed.json --yes',
    'edit 5e8f1c2a --arguments - --yes < changed.json',
  ],
  usesGateway: true,
  define: (command) =>
    command
      .option('--arguments <file>', 'all arguments that the call is to have, or a pipe; - reads standard input')
      .option('--yaml', 'they are YAML; a file that ends in .yaml or .yml is')
      .option('--reason <text>', 'kept in the record')
      .option('--yes', 'do not ask; needed where nobody can answer'),
  options: z.object({
    arguments: z.string().min(1).optional(),
    yaml: z.boolean().default(false),
    reason: z.string().min(1).max(2000).optional(),
    yes: z.boolean().default(false),
  }),
  async run(context, [approval = ''], { arguments: file, yaml, reason, yes }) {
    const { editCall } = await import('../edit/edit-call.ts');
    const form = yaml || /\.ya?ml$/iu.test(file ?? '') ? 'yaml' : 'json';
    return await editCall(context, { approval, file, form, reason, yes });
  },
});
