/** `countersign policy fmt`: policies in one form. It never changes what a policy means. */
import { z } from 'zod';
import { defineCommand } from '../../define-command.ts';
import { exitCodes } from '../../exit-codes.ts';

export const policyFmt = defineCommand({
  usage: 'policy fmt <files...>',
  summary: 'Write policies in one form; files of cases are left alone',
  examples: ['policy fmt agents/ops', 'policy fmt policies/*.yaml --check'],
  define: (command) => command.option('--check', 'change nothing, and exit with 1 where a file has another form'),
  options: z.object({ check: z.boolean().default(false) }),
  async run({ terminal, json }, files, { check }) {
    const { isCasesFile, policyFileIn, PolicyProblems, textOf } = await import('../../policy/read-policy-files.ts');
    const { replaceFile } = await import('../../policy/replace-file.ts');
    const { formatPolicy, formatProblem } = await import('../../../policy/index.ts');
    const policies = files.filter((file) => !isCasesFile(file));
    const problems: string[] = [];
    const texts = new Map<string, string>();
    for (const given of policies) {
      const file = await policyFileIn(given);
      const text = await textOf(file);
      const formatted = formatPolicy(text, file);
      if (formatted.kind === 'invalid') problems.push(...formatted.problems.map(formatProblem));
      else if (formatted.text !== text) texts.set(file, formatted.text);
    }
    // All or none: nothing is written while one of them does not load.
    if (problems.length > 0) throw new PolicyProblems(problems);
    if (!check) for (const [file, text] of texts) await replaceFile(file, text);
    const changed = [...texts.keys()];
    if (json) terminal.json({ changed, checked: policies.length });
    else for (const file of changed) terminal.result(check ? `${file} has another form` : file);
    return check && changed.length > 0 ? exitCodes.failed : exitCodes.done;
  },
});
