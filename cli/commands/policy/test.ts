/** `countersign policy test`: runs files of cases, says what they reached, and fails where a verdict is another one. */
import { z } from 'zod';
import { CountersignError } from '../../../core/errors.ts';
import { defineCommand } from '../../define-command.ts';
import { defineLayerOptions, layerOptions } from '../../policy/layer-options.ts';

const percent = z
  .string()
  .regex(/^\d{1,3}$/u, 'expected a whole number from 0 to 100')
  .transform(Number)
  .pipe(z.number().max(100, 'expected a whole number from 0 to 100'));

export const policyTest = defineCommand({
  usage: 'policy test <policy>',
  summary: 'Run the cases of a policy',
  examples: [
    'policy test agents/ops',
    'policy test policies/course.yaml --cases policies/course.cases.yaml --coverage 100',
    'policy test agents/ops --junit results.xml',
    'policy test agents/ops --watch',
  ],
  define: (command) =>
    defineLayerOptions(
      command
        .option('--cases <files...>', 'files of cases (default: policy.cases.yaml beside the policy)')
        .option('--coverage <percent>', 'fail below this coverage of rules and branches')
        .option('--junit <file>', 'also write the results as JUnit XML; - prints them instead')
        .option('--watch', 'run again whenever one of the files changes'),
    ),
  options: z.object({
    cases: z.array(z.string()).optional(),
    coverage: percent.optional(),
    junit: z.string().optional(),
    watch: z.boolean().default(false),
    ...layerOptions,
  }),
  async run(context, [policy = ''], options) {
    const { runPolicyTest } = await import('../../policy/run-policy-test.ts');
    const once = async (): Promise<number> => (await runPolicyTest(context, policy, options)).exit;
    if (!options.watch) return await once();
    if (context.json) {
      throw new CountersignError('input-invalid', 'Cannot watch under --json: expected one of the two; leave one out');
    }
    const { watchPolicyTest } = await import('../../policy/watch-policy-test.ts');
    return await watchPolicyTest(context, policy, options);
  },
});
