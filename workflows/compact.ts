/** Keeps the transcript inside its token budget: the oldest turns become a recorded summary, cut where no call is torn. */
import type { Message } from '../core/contracts/message.ts';
import type { Remote } from './activities.ts';
import type { RunMemory } from './run-state.ts';

/** Compact when the last request came this close to the budget. */
const fullAt = 0.8;
const keptTurns = 3;
const charactersPerToken = 4;
/** What a provider's format, ids, names and our own marks around a text add to a message, and to a call in it. */
const charactersAround = 150;

export function needsCompaction(run: RunMemory, lastInputTokens: number): boolean {
  const tokens = Math.max(lastInputTokens, estimate(run.messages));
  return tokens > run.ticket.limits.contextTokens * fullAt && coverable(run.messages) > 1;
}

export async function compactTranscript(run: RunMemory, remote: Remote): Promise<void> {
  const covers = coverable(run.messages);
  const { head, count } = run.transcript;
  const summary = await remote.model.compactTranscript.executeWithOptions({ summary: `compact ${covers} messages` }, [
    { turn: run.turn, head, count, covers },
  ]);
  run.count(summary.usage);
  run.replaceStart(covers, { role: 'summary', text: summary.text, labels: summary.labels, covers });
}

/** Messages from the start up to the last few answers of the model: a call and its result stay together. */
function coverable(messages: readonly Message[]): number {
  const answers = messages.flatMap((message, index) => (message.role === 'assistant' ? [index] : []));
  return answers.at(-keptTurns) ?? 0;
}

function estimate(messages: readonly Message[]): number {
  return Math.ceil(messages.reduce((sum, message) => sum + sizeOf(message), 0) / charactersPerToken);
}

function sizeOf(message: Message): number {
  const calls =
    message.role === 'assistant'
      ? message.calls.reduce((sum, call) => sum + call.argumentsText.length + charactersAround, 0)
      : 0;
  return message.text.length + charactersAround + calls;
}
