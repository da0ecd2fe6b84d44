/**
 * The Responses API, stateless: `store: false`, every turn sends the whole transcript, reasoning comes encrypted and goes
 * back unread. Only our own functions are offered; no previous_response_id, no conversation, no hosted tool.
 */
import type OpenAI from 'openai';
import { APIError } from 'openai';
import type {
  ResponseCreateParamsNonStreaming,
  ResponseInputItem,
  ResponseReasoningItem,
} from 'openai/resources/responses/responses';
import { type Adapter, type ModelRequest, sendableArguments, sendableName } from './adapter.ts';
import { inOrder } from './layout.ts';
import type { PromptItem } from './prompt.ts';
import { readResponse } from './read-response.ts';
import { fitsStrictMode } from './strict-schema.ts';

const encryptedReasoning = 'reasoning.encrypted_content';

export function createResponsesAdapter(): Adapter {
  // Models without a reasoning channel answer 400 to the include; learnt once per process and model.
  const withoutReasoning = new Set<string>();
  return async (client, request, signal) => {
    const name = request.settings.name;
    const body = responsesBody(request);
    const options = { signal, timeout: request.settings.requestTimeoutMs };
    if (!withoutReasoning.has(name)) {
      try {
        return readResponse(await send(client, { ...body, include: [encryptedReasoning] }, options), name);
      } catch (error) {
        if (!refusesInclude(error)) throw error;
        withoutReasoning.add(name);
      }
    }
    return readResponse(await send(client, body, options), name);
  };
}

async function send(
  client: OpenAI,
  body: ResponseCreateParamsNonStreaming,
  options: { signal: AbortSignal; timeout: number },
): Promise<unknown> {
  return await client.responses.create(body, options);
}

function responsesBody(request: ModelRequest): ResponseCreateParamsNonStreaming {
  return {
    model: request.settings.name,
    instructions: request.instructions,
    input: request.items.flatMap(inputItems),
    max_output_tokens: request.settings.maxOutputTokens,
    store: false,
    stream: false,
    ...(request.tools.length === 0
      ? {}
      : {
          parallel_tool_calls: true,
          tools: request.tools.map((tool) => ({
            type: 'function' as const,
            name: tool.name,
            description: tool.description,
            parameters: tool.parameters,
            strict: fitsStrictMode(tool.parameters),
          })),
        }),
  };
}

function inputItems(item: PromptItem): ResponseInputItem[] {
  switch (item.kind) {
    case 'user':
      return [{ type: 'message', role: 'user', content: item.text }];
    case 'tool-result':
      return [{ type: 'function_call_output', call_id: item.callId, output: item.text }];
    case 'assistant':
      return inOrder(item.message).map((part): ResponseInputItem => {
        switch (part.kind) {
          case 'reasoning':
            // The provider's own item: its shape is the provider's business.
            return part.item as unknown as ResponseReasoningItem;
          case 'text':
            return {
              type: 'message',
              role: 'assistant',
              content: part.text,
              ...(part.phase === null ? {} : { phase: part.phase }),
            };
          case 'call':
            return {
              type: 'function_call',
              call_id: part.call.id,
              name: sendableName(part.call.name),
              arguments: sendableArguments(part.call.argumentsText),
            };
        }
      });
  }
}

function refusesInclude(error: unknown): boolean {
  if (!(error instanceof APIError) || error.status !== 400) return false;
  return error.param === 'include' || /encrypted content is not supported/i.test(error.message);
}
