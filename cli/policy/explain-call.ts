/** Explains a call of a file or of the command line, by the policies of files. */
import { parseStrictJson } from '../../core/canonical-json.ts';
import { CountersignError } from '../../core/errors.ts';
import { shapeProblems, shapeProblemText } from '../../core/shape-problems.ts';
import { type CallSource, callSourceSchema, policyInputOf } from '../../policy/cases/index.ts';
import type { CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { explanationLines, explanationOf } from './explanation-lines.ts';
import { type LayerFlags, readCasesFiles, readLayers, readPolicyFile, toolsByName } from './read-policy-files.ts';

export interface ExplainOptions extends LayerFlags {
  readonly call?: string | undefined;
  readonly cases?: string | undefined;
  readonly name?: string | undefined;
}

export async function explainCall(
  { terminal, json, clock }: Pick<CommandContext, 'terminal' | 'json' | 'clock'>,
  given: string,
  options: ExplainOptions,
): Promise<number> {
  const policy = await readPolicyFile(given);
  const call = options.call === undefined ? await callOfCases(options) : readCall(options.call);
  const layers = await readLayers(policy, options);
  const input = policyInputOf(call, { tools: toolsByName(policy.tools), now: clock.now() });
  const explained = explanationOf(layers, input);
  if (json) terminal.json(explained);
  else
    for (const line of explanationLines(explained, (style, text) => terminal.style(style, text))) terminal.result(line);
  return exitCodes.done;
}

function readCall(text: string): CallSource {
  const read = parseStrictJson(text);
  const parsed = read.kind === 'value' ? callSourceSchema.safeParse(read.value) : undefined;
  if (parsed?.success) return parsed.data;
  const problems =
    parsed?.error && read.kind === 'value' ? shapeProblems(callSourceSchema, parsed.error.issues, read.value) : [];
  const why =
    read.kind === 'refused'
      ? `${read.reason}, expected a call as JSON`
      : problems.map((problem) => shapeProblemText(problem, 'the call')).join('; also ');
  throw new CountersignError('input-invalid', `Cannot read --call: ${why}; see docs/policy.md, "Cases"`);
}

async function callOfCases({ cases: file = '', name }: ExplainOptions): Promise<CallSource> {
  const cases = await readCasesFiles([file]);
  const found = name === undefined ? cases[0] : cases.find((one) => one.name === name);
  if (found) return found.call;
  const known = cases.map((one) => `"${one.name}"`).slice(0, 10);
  throw new CountersignError(
    'not-found',
    `Cannot explain a case of "${file}": there is none of that name, expected one of ${known.join(', ') || 'none: the file is empty'}; correct --name`,
  );
}
