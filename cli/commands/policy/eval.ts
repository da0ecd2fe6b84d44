/** `countersign policy eval`: calls in as JSON lines, verdicts out, one each and in order. For other programs. */
import { z } from 'zod';
import { CountersignError } from '../../../core/errors.ts';
import { defineCommand } from '../../define-command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { defineLayerOptions, layerOptions } from '../../policy/layer-options.ts';
import { timeSchema } from '../../option-schemas.ts';

export const policyEval = defineCommand({
  usage: 'policy eval [policy]',
  summary: 'Judge calls from JSON lines, one verdict a line',
  examples: [
    'policy eval agents/ops --jsonl - < calls.jsonl > verdicts.jsonl',
    'policy eval policy.yaml --jsonl calls.jsonl --organisation org.yaml',
  ],
  define: (command) =>
    defineLayerOptions(
      command
        .requiredOption('--jsonl <file>', 'calls, a JSON object a line; - for standard input')
        .option('--now <ms>', 'time of calls that do not say theirs (default: now)')
        .option('--strict', 'exit with 1 when a line could not be read'),
    ),
  options: z.object({
    jsonl: z.string().min(1),
    now: timeSchema.optional(),
    strict: z.boolean().default(false),
    ...layerOptions,
  }),
  async run({ terminal, clock, stdin }, [given = 'policy.yaml'], { jsonl, now, strict, ...flags }) {
    const { readLayers, readPolicyFile, toolsByName } = await import('../../policy/read-policy-files.ts');
    const { evaluateLine, longestLine, refusedLine } = await import('../../../policy/cases/index.ts');
    const { splitLines } = await import('../../policy/split-lines.ts');
    const policy = await readPolicyFile(given);
    const layers = await readLayers(policy, flags);
    const tools = toolsByName(policy.tools);
    let number = 0;
    let unread = 0;
    for await (const line of splitLines(jsonl === '-' ? stdin : await openLines(jsonl), longestLine)) {
      number += 1;
      const verdict =
        line.kind === 'text'
          ? evaluateLine(layers, line.text, number, { tools, now: now ?? clock.now() })
          : refusedLine(number, line.why);
      if (verdict.error !== null) unread += 1;
      terminal.json(verdict);
      // What was written leaves before more is read: a reader that waits for a verdict has it, and none pile up.
      if (number % linesAtOnce === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (unread > 0) terminal.talk(`${unread} of ${number} lines could not be read and were denied`);
    return strict && unread > 0 ? exitCodes.failed : exitCodes.done;
  },
});

const linesAtOnce = 64;

async function openLines(file: string): Promise<AsyncIterable<Uint8Array>> {
  const { NoFile, openFile } = await import('../../open-file.ts');
  const handle = await openFile(file).catch((error: unknown) => {
    const is = error instanceof NoFile ? error.message : 'there is no such file, or it is not for this user to read';
    throw new CountersignError(
      'not-found',
      `Cannot read "${file}": ${is}, expected JSON lines, or - for standard input; check its path`,
    );
  });
  return handle.createReadStream() as AsyncIterable<Uint8Array>;
}
