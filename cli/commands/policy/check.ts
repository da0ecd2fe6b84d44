/** `countersign policy check`: does a policy load, and what in it is probably a mistake. */
import { z } from 'zod';
import { defineCommand } from '../../define-command.ts';
import { exitCodes } from '../../exit-codes.ts';

export const policyCheck = defineCommand({
  usage: 'policy check <policies...>',
  summary: 'Find what is wrong with policies, and what is probably a mistake',
  examples: ['policy check agents/ops', 'policy check policies/*.yaml --strict', 'policy check policy.yaml --json'],
  define: (command) => command.option('--strict', 'warnings count as problems'),
  options: z.object({ strict: z.boolean().default(false) }),
  async run({ terminal, json }, given, { strict }) {
    const { PolicyProblems, readPolicyFile } = await import('../../policy/read-policy-files.ts');
    const { policyWarnings } = await import('../../../policy/index.ts');
    const problems: string[] = [];
    const warnings: { file: string; line: number; column: number; code: string; message: string }[] = [];
    for (const path of given) {
      try {
        const { file, loaded, tools, toolsKnown } = await readPolicyFile(path);
        const own = policyWarnings(loaded, toolsKnown ? (tools as Parameters<typeof policyWarnings>[1]) : undefined);
        warnings.push(...own.map((warning) => ({ file, ...warning })));
      } catch (error) {
        if (!(error instanceof PolicyProblems)) throw error;
        problems.push(...error.lines);
      }
    }
    const ok = problems.length === 0 && (!strict || warnings.length === 0);
    if (json) terminal.json({ ok, problems, warnings });
    else {
      for (const line of problems) terminal.result(`${terminal.style('red', 'error')} ${line}`);
      for (const { file, line, column, code, message } of warnings) {
        terminal.result(`${terminal.style('yellow', 'warning')} ${file}:${line}:${column}: ${message} (${code})`);
      }
      const counted = `${problems.length} problems, ${warnings.length} warnings in ${given.length} policies`;
      terminal.talk(problems.length + warnings.length === 0 ? `${given.length} policies are fine` : counted);
    }
    if (problems.length > 0) return exitCodes.usage;
    return ok ? exitCodes.done : exitCodes.failed;
  },
});
