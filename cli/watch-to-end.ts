/** What `run` and `watch` share: the changes of a run as they come, its last words as the result, its outcome as the exit. */
import type { Config } from '../worker/config.ts';
import { connectGateway } from './connect-gateway.ts';
import type { CommandContext } from './context.ts';
import { exitCodes, exitOfOutcome } from './exit-codes.ts';
import { followRun } from './follow-run.ts';
import { clockText } from './show/format.ts';
import { changeLines, type RunChange } from './show/run-changes.ts';
import { visible } from './terminal.ts';

/**
 * @param stream under `--json`: `changes` prints a line for each change, `result` one document at the end
 * @returns the exit code
 */
export async function watchToEnd(
  context: CommandContext,
  config: Config,
  workflowId: string,
  stream: 'changes' | 'result',
): Promise<number> {
  const { terminal, json, clock, pause, typed } = context;
  const onChange = (change: RunChange): void => {
    const at = clock.now();
    if (json && stream === 'changes') return terminal.json({ at, ...change });
    for (const line of changeLines(change, at, typed))
      terminal.talk(`${terminal.talkStyle('dim', clockText(at))} ${line}`);
  };
  const stop = context.takeStop();
  const last = await followRun({ connect: () => connectGateway(config), workflowId, stop, onChange, pause });
  if (!last) {
    terminal.talk(`stopped watching; the run goes on. Watch it again: ${typed(`watch ${workflowId}`)}`);
    if (json && stream === 'result') terminal.json({ workflowId, outcome: null, watching: false });
    return exitCodes.interrupted;
  }
  const { run, result, failure } = last;
  const outcome = result?.outcome ?? run.outcome;
  if (!json) {
    if (result && result.text !== '') terminal.result(visible(result.text));
    terminal.talk(`postmortem: ${typed(`replay ${workflowId}`)}`);
  } else if (stream === 'result') {
    const { text = null, turns = null, calls = null } = result ?? {};
    terminal.json({ workflowId, outcome, text, turns, calls, failure });
  }
  // Of a run that never opened the server alone says that it failed; why it did says more.
  const word = run.openedAt === null && outcome === 'failed' ? null : outcome;
  return exitOfOutcome(word, failure?.code);
}
