/**
 * What this call does, where its tool can do anything: a shell tool that is only told to look is asked about as a read. It is
 * for the policy's judgement alone: fences, retries and permits go by the tool's own effect class.
 */
import type { EffectClass } from '../../core/contracts/tool.ts';
import { classifyShell } from '../../guards/index.ts';
import type { ParsedCall } from './judge.ts';

/** Lower than the tool's own only if every argument of the call is one that a shell reads, and all of them only read. */
export function effectOfCall({ tool, value }: Pick<ParsedCall, 'tool' | 'value'>): EffectClass {
  const { effect, commandArguments = [] } = tool.definition;
  if (effect === 'read' || commandArguments.length === 0) return effect;
  const given = Object.entries(value);
  // Another argument, such as an environment or a folder, may decide what the words of a script mean.
  const onlyReads =
    given.length > 0 &&
    given.every(
      ([name, script]) =>
        commandArguments.includes(name) && typeof script === 'string' && classifyShell(script).verdict === 'allow',
    );
  return onlyReads ? 'read' : effect;
}
