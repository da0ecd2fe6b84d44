/** What the model is told of a call: results as they are, refusals as a value with rule and reason. */
import type { RunToolResult, ToolOutput } from '../../core/contracts/activities.ts';
import type { DecisionBody } from '../../core/contracts/decision.ts';
import { callKeyOf } from '../../core/contracts/call-names.ts';
import type { Label } from '../../core/contracts/labels.ts';
import type { CallProgress, CallResult } from '../../core/contracts/run.ts';
import type { RunMemory } from '../run-state.ts';

type Executed = Pick<Extract<RunToolResult, { kind: 'receipt' }>, 'receipt' | 'output'>;

export function executedResult(run: RunMemory, progress: CallProgress, executed: Executed): CallResult {
  const { outcome, labels } = executed.receipt.body;
  const kind = outcome === 'unknown' ? 'unknown' : 'executed';
  return result(run, progress, kind, outcome, null, outputText(outcome, executed.output), labels);
}

export function refusedResult(run: RunMemory, progress: CallProgress, rule: string, reason: string): CallResult {
  const text = `Not run. Refused by rule "${rule}": ${reason}. Do not try to reach the same effect in another way.`;
  return result(run, progress, 'refused', 'refused', rule, text, []);
}

export function decisionRefusal(run: RunMemory, progress: CallProgress, body: DecisionBody): CallResult {
  const rule = body.rules.find((one) => one.effect === 'deny');
  return refusedResult(run, progress, rule?.id ?? 'denied', rule?.reason ?? 'the gate denied it');
}

export function unknownResult(run: RunMemory, progress: CallProgress, reason: string): CallResult {
  const text = `Outcome unknown: ${reason}. It may or may not have happened, and it will not be tried again.`;
  return result(run, progress, 'unknown', 'unknown', null, text, []);
}

/** The effect was found to have happened (by the tool's probe or a person); its output is lost. */
export function happenedResult(run: RunMemory, progress: CallProgress, foundBy: string): CallResult {
  const text = `It happened (found by ${foundBy} after an interruption); its output was lost.`;
  return result(run, progress, 'executed', 'succeeded', null, text, []);
}

function outputText(outcome: string, output: ToolOutput): string {
  const text = output.truncated ? `${output.text}\n[cut; the whole output is stored]` : output.text;
  return outcome === 'failed' ? `Failed: ${text}` : text;
}

function result(
  run: RunMemory,
  progress: CallProgress,
  kind: CallResult['kind'],
  outcome: CallResult['outcome'],
  rule: string | null,
  text: string,
  labels: Label[],
): CallResult {
  const { id, name } = progress.call;
  const note = editNote(progress);
  // Cutting can split a character in two, and what is not well-formed has no digest: the run would stand still for ever.
  const tool = name.slice(0, 64).toWellFormed();
  return {
    callKey: callKeyOf(run.ticket.workflowId, run.turn, progress.index),
    tool,
    kind,
    outcome,
    rule,
    message: {
      role: 'tool',
      callId: id,
      tool,
      text: `${note}${text}`.toWellFormed(),
      // What a person wrote is not the operator's word.
      labels: note === '' ? labels : [...new Set<Label>([...labels, 'untrusted'])],
    },
  };
}

/** Characters of edited arguments that the model is shown. */
const longestEdited = 4000;

/** The model is told that what became of its call is not what it asked for. */
function editNote({ edited }: CallProgress): string {
  const body = edited?.decision.body;
  if (!edited || body?.verdict !== 'deny' || !body.edit) return '';
  const { arguments: text } = edited;
  const shown = text.length > longestEdited ? `${text.slice(0, longestEdited)}… (${text.length} characters)` : text;
  return `Edited: ${body.edit.by} changed the arguments of this call to ${shown}\n`;
}
