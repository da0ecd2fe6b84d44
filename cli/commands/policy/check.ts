/** `countersign policy check`: does a policy load, and what in it is probably a mistake. */
import { z } from 'zod';
import { CountersignError } from '../../../core/errors.ts';
import { defineCommand } from '../../define-command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { countText } from '../../show/format.ts';
import { makeVisible } from '../../../core/make-visible.ts';

export const policyCheck = defineCommand({
  usage: 'policy check <policies...>',
  summary: 'Find what is wrong with policies, and what is probably a mistake',
  examples: ['policy check agents/ops', 'policy check policies/*.yaml --strict', 'policy check policy.yaml --json'],
  define: (command) => command.option('--strict', 'warnings count as problems'),
  options: z.object({ strict: z.boolean().default(false) }),
  async run({ terminal, json }, given, { strict }) {
    const { isCasesFile, PolicyProblems, readCasesFiles, readPolicyFile } = await import(
      '../../policy/read-policy-files.ts'
    );
    const { policyWarnings } = await import('../../../policy/index.ts');
    const problems: string[] = [];
    const missing: string[] = [];
    const warnings: { file: string; line: number; column: number; code: string; message: string }[] = [];
    for (const path of given) {
      try {
        if (isCasesFile(path)) {
          await readCasesFiles([path]);
          continue;
        }
        const { file, loaded, tools, toolsKnown } = await readPolicyFile(path);
        const own = policyWarnings(loaded, toolsKnown ? (tools as Parameters<typeof policyWarnings>[1]) : undefined);
        warnings.push(...own.map((warning) => ({ file, ...warning })));
      } catch (error) {
        // What one file lacks does not hide what is wrong with the others.
        if (error instanceof PolicyProblems) problems.push(...error.lines);
        else if (error instanceof CountersignError) {
          problems.push(`${path}: ${error.message}`);
          if (error.code === 'not-found') missing.push(path);
        } else throw error;
      }
    }
    const ok = problems.length === 0 && (!strict || warnings.length === 0);
    if (json) terminal.json({ ok, problems, warnings });
    else {
      for (const line of problems) terminal.result(`${terminal.style('red', 'error')} ${line}`);
      for (const { file, line, column, code, message } of warnings) {
        terminal.result(
          `${terminal.style('yellow', 'warning')} ${file}:${line}:${column}: ${makeVisible(message)} (${code})`,
        );
      }
      const [files, found] = [countText(given.length, 'file'), problems.length + warnings.length];
      const all = given.length === 1 ? 'is' : 'are';
      terminal.talk(
        found === 0
          ? `${files} ${all} fine`
          : `${countText(problems.length, 'problem')}, ${countText(warnings.length, 'warning')} in ${files}`,
      );
    }
    // A policy that does not load is the worse news of the two.
    if (problems.length > missing.length) return exitCodes.usage;
    if (missing.length > 0) return exitCodes.notFound;
    return ok ? exitCodes.done : exitCodes.failed;
  },
});
