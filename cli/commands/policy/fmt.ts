/** `countersign policy fmt`: policies in one form. It never changes what a policy means. */
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { defineCommand } from '../../define-command.ts';
import { exitCodes } from '../../exit-codes.ts';

export const policyFmt = defineCommand({
  usage: 'policy fmt <files...>',
  summary: 'Write policies in one form',
  examples: ['policy fmt agents/ops/policy.yaml', 'policy fmt policies/*.yaml --check'],
  define: (command) => command.option('--check', 'change nothing, and exit with 1 where a file has another form'),
  options: z.object({ check: z.boolean().default(false) }),
  async run({ terminal, json }, files, { check }) {
    const { PolicyProblems, textOf } = await import('../../policy/read-policy-files.ts');
    const { formatPolicy, formatProblem } = await import('../../../policy/index.ts');
    const changed: string[] = [];
    for (const file of files) {
      const text = await textOf(file);
      const formatted = formatPolicy(text, file);
      if (formatted.kind === 'invalid') throw new PolicyProblems(formatted.problems.map(formatProblem));
      if (formatted.text === text) continue;
      changed.push(file);
      if (!check) await writeFile(file, formatted.text);
    }
    if (json) terminal.json({ changed, checked: files.length });
    else for (const file of changed) terminal.result(check ? `${file} has another form` : file);
    return check && changed.length > 0 ? exitCodes.failed : exitCodes.done;
  },
});
