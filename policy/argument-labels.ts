/**
 * Labels of single arguments: those of the whole context, because the model may have taken any of them from anything it
 * read, less what the policy relabels: a value that its author listed is the author's, whoever repeats it.
 */
import type { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyInput } from './input.ts';
import { matchesTool } from './tool-pattern.ts';

export function argumentLabelsOf(
  { relabel }: Pick<CompiledPolicy, 'relabel'>,
  input: PolicyInput,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(input.args).map(([name, value]) => {
      const own = input.argumentLabels?.[name];
      const labels = own ? [...new Set(own)] : input.labels;
      const listed = relabel.some(
        (one) =>
          one.argument === name &&
          one.values.has(value) &&
          one.tools.some((pattern) => matchesTool(pattern, input.tool.name)),
      );
      return [name, listed ? labels.filter((label) => label !== 'untrusted') : labels];
    }),
  );
}
