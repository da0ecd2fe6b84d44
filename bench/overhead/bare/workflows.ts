/**
 * The agent loop as one writes it with Temporal alone, and a workflow that waits for a signal: what Countersign's are
 * measured against. The transcript is the model activity's input, as in Temporal's own samples; there is no gate.
 */
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { BareActivities, BareMessage } from './activities.ts';

const { callModel, runTool } = proxyActivities<BareActivities>({
  startToCloseTimeout: '2m',
  retry: { maximumAttempts: 1 },
});

export async function bareAgent(input: { text: string }): Promise<{ turns: number; text: string }> {
  const messages: BareMessage[] = [{ role: 'user', content: input.text }];
  for (let turn = 1; ; turn += 1) {
    const answer = await callModel(messages);
    messages.push(answer);
    const calls = answer.tool_calls ?? [];
    if (calls.length === 0) return { turns: turn, text: answer.content ?? '' };
    for (const call of calls) {
      const content = await runTool({ tool: call.function.name, argumentsText: call.function.arguments });
      messages.push({ role: 'tool', tool_call_id: call.id, content });
    }
  }
}

export const goSignal = defineSignal('go');

/** A signal, then an activity: the shortest road from a person's word to an effect. */
export async function bareWait(input: { name: string }): Promise<void> {
  let go = false;
  setHandler(goSignal, () => {
    go = true;
  });
  await condition(() => go, '10m');
  await runTool({ tool: 'send', argumentsText: JSON.stringify({ name: input.name }) });
}
