/** The bare loop's activities: one request to the same model by the same client, and the same tool functions. */
import OpenAI from 'openai';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import type { Tool } from '../../../tools/define-tool.ts';
import { createToolRegistry } from '../../../tools/registry.ts';
import { answerOf } from '../tools.ts';

export interface BareCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}
export type BareMessage =
  | { role: 'user'; content: string }
  | { role: 'assistant'; content: string | null; tool_calls?: BareCall[] }
  | { role: 'tool'; tool_call_id: string; content: string };

export interface BareActivities {
  callModel(messages: BareMessage[]): Promise<Extract<BareMessage, { role: 'assistant' }>>;
  runTool(input: { tool: string; argumentsText: string }): Promise<string>;
}

export function createBareActivities(settings: {
  baseURL: string;
  instructions: string;
  tools: readonly Tool[];
}): BareActivities {
  const client = new OpenAI({ apiKey: 'none', baseURL: settings.baseURL, maxRetries: 0, logLevel: 'off' });
  const tools: ChatCompletionTool[] = createToolRegistry(settings.tools, { moduleDigest: 'sha256:' + '0'.repeat(64) })
    .list()
    .map(({ definition: { name, description, parameters } }) => ({
      type: 'function',
      function: { name, description, parameters, strict: false },
    }));
  return {
    callModel: async (messages) => {
      const sent: ChatCompletionMessageParam[] = [{ role: 'system', content: settings.instructions }, ...messages];
      const answer = await client.chat.completions.create({ model: 'scripted', messages: sent, tools, stream: false });
      const message = answer.choices[0]?.message;
      const calls = (message?.tool_calls ?? []).flatMap((call) =>
        call.type === 'function' ? [{ id: call.id, type: call.type, function: call.function }] : [],
      );
      const content = message?.content ?? null;
      return calls.length > 0 ? { role: 'assistant', content, tool_calls: calls } : { role: 'assistant', content };
    },
    runTool: ({ tool, argumentsText }) => {
      const { name } = JSON.parse(argumentsText) as { name: string };
      return Promise.resolve(answerOf(tool, name));
    },
  };
}
