/**
 * The same loop as anybody would write it on bare Temporal: ask the model, run its calls as activities with the server's
 * default retries, go on. No gate, no fence. Here only to be compared with.
 */
import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities, BareMessage } from './bare-activities.ts';

const { bareModel, bareTool } = proxyActivities<BareActivities>({ startToCloseTimeout: '5500ms' });

export async function bareAgent(input: string): Promise<string> {
  const messages: BareMessage[] = [{ role: 'user', content: input }];
  for (let turn = 1; ; turn += 1) {
    const answer = await bareModel(messages);
    messages.push(answer);
    const calls = answer.tool_calls ?? [];
    if (calls.length === 0) return answer.content ?? '';
    const results = await Promise.all(
      calls.map((call, index) => bareTool(`${input}/${turn}.${index}`, call.function.name, call.function.arguments)),
    );
    for (const [index, content] of results.entries())
      messages.push({ role: 'tool', tool_call_id: calls[index]?.id ?? '', content });
  }
}
