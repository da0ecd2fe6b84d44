/**
 * The chat completions API, for compatible servers. Stateless by nature. Function tools only; reasoning that such servers
 * show in plain text is neither kept nor sent back.
 */
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import {
  type Adapter,
  type AnswerPart,
  countOf,
  isRecord,
  modelNameOf,
  type ModelRequest,
  type ProviderAnswer,
  recordsOf,
  sendableArguments,
  sendableName,
  textOf,
} from './adapter.ts';
import type { PromptItem } from './prompt.ts';
import { fitsStrictMode } from './strict-schema.ts';

export const chatCompletionsAdapter: Adapter = async (client, request, signal) => {
  const answer: unknown = await client.chat.completions.create(chatBody(request), {
    signal,
    timeout: request.settings.requestTimeoutMs,
  });
  return readCompletion(answer, request.settings.name);
};

function chatBody(request: ModelRequest): ChatCompletionCreateParamsNonStreaming {
  return {
    model: request.settings.name,
    messages: [{ role: 'system', content: request.instructions }, ...request.items.map(chatMessage)],
    max_completion_tokens: request.settings.maxOutputTokens,
    stream: false,
    ...(request.tools.length === 0
      ? {}
      : {
          parallel_tool_calls: true,
          tools: request.tools.map((tool) => ({
            type: 'function' as const,
            function: {
              name: tool.name,
              description: tool.description,
              parameters: tool.parameters,
              strict: fitsStrictMode(tool.parameters),
            },
          })),
        }),
  };
}

function chatMessage(item: PromptItem): ChatCompletionMessageParam {
  switch (item.kind) {
    case 'user':
      return { role: 'user', content: item.text };
    case 'tool-result':
      return { role: 'tool', tool_call_id: item.callId, content: item.text };
    case 'assistant': {
      const { text, calls } = item.message;
      if (calls.length === 0) return { role: 'assistant', content: text };
      return {
        role: 'assistant',
        content: text === '' ? null : text,
        tool_calls: calls.map((call) => ({
          id: call.id,
          type: 'function' as const,
          function: { name: sendableName(call.name), arguments: sendableArguments(call.argumentsText) },
        })),
      };
    }
  }
}

function readCompletion(answer: unknown, asked: string): ProviderAnswer {
  const choice = isRecord(answer) ? recordsOf(answer['choices'])[0] : undefined;
  if (!isRecord(answer) || !choice || !isRecord(choice['message'])) throw new TypeError('not a chat completion');
  const used = isRecord(answer['usage']) ? answer['usage'] : {};
  const details = isRecord(used['prompt_tokens_details']) ? used['prompt_tokens_details'] : {};
  return {
    model: modelNameOf(answer['model'], asked),
    usage: {
      input: countOf(used['prompt_tokens']),
      output: countOf(used['completion_tokens']),
      cachedInput: countOf(details['cached_tokens']),
    },
    ending: endingOf(choice['finish_reason']),
    parts: partsOf(choice['message']),
  };
}

function partsOf(message: Record<string, unknown>): AnswerPart[] {
  const parts: AnswerPart[] = [];
  if (textOf(message['content']) !== '') parts.push({ kind: 'text', text: textOf(message['content']), phase: null });
  if (textOf(message['refusal']) !== '') parts.push({ kind: 'refusal', text: textOf(message['refusal']) });
  // Citations are what hosted search leaves behind: the text rests on pages that no gate has seen.
  for (const one of recordsOf(message['annotations'])) {
    parts.push({ kind: 'foreign', type: textOf(one['type']) || 'annotation' });
  }
  if (isRecord(message['audio'])) parts.push({ kind: 'foreign', type: 'audio' });
  const calls: unknown = message['tool_calls'];
  for (const call of Array.isArray(calls) ? (calls as unknown[]) : []) parts.push(callPart(call));
  if (isRecord(message['function_call'])) parts.push(functionPart(undefined, message['function_call']));
  return parts;
}

function callPart(call: unknown): AnswerPart {
  if (!isRecord(call)) return functionPart(undefined, {});
  // Several compatible servers leave the type out.
  const { type = 'function' } = call;
  if (type !== 'function') return { kind: 'foreign', type: textOf(type) || 'untyped call' };
  return functionPart(call['id'], isRecord(call['function']) ? call['function'] : {});
}

function functionPart(id: unknown, called: Record<string, unknown>): AnswerPart {
  return { kind: 'call', id, name: called['name'], arguments: called['arguments'], complete: true };
}

function endingOf(reason: unknown): ProviderAnswer['ending'] {
  if (reason === 'length') return 'output-limit';
  return reason === 'content_filter' ? 'content-filter' : 'complete';
}
