/** Model and tools of the bare loop: the same model server, the same tool code, the same outside service. */
import { z } from 'zod';
import { tools } from '../pack/tools.ts';

const callSchema = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});
const answerSchema = z.object({
  role: z.literal('assistant'),
  content: z.string().nullish(),
  tool_calls: z.array(callSchema).optional(),
});
const responseSchema = z.object({ choices: z.tuple([z.object({ message: answerSchema })]) });

export type BareAnswer = z.infer<typeof answerSchema>;
export type BareMessage =
  | BareAnswer
  | { role: 'user'; content: string }
  | { role: 'tool'; tool_call_id: string; content: string };

export interface BareActivities {
  bareModel(messages: BareMessage[]): Promise<BareAnswer>;
  /** @param intention names this call, whatever attempt makes it */
  bareTool(intention: string, tool: string, argumentsText: string): Promise<string>;
}

export function createBareActivities(modelURL: string): BareActivities {
  return {
    async bareModel(messages) {
      const response = await fetch(`${modelURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-test', messages, tools: [{ type: 'function', function: { name: 'any' } }] }),
      });
      return responseSchema.parse(await response.json()).choices[0].message;
    },
    async bareTool(intention, name, argumentsText) {
      const tool = tools.find((one) => one.name === name);
      if (!tool) throw new Error(`there is no tool ${name}`);
      const signal = AbortSignal.timeout(5000);
      const input = z.strictObject({ name: z.string() }).parse(JSON.parse(argumentsText));
      const context = { callKey: intention, try: 1, idempotencyKey: intention, signal };
      const said = await tool.execute(input, context as Parameters<typeof tool.execute>[1]);
      return typeof said === 'string' ? said : JSON.stringify(said);
    },
  };
}
