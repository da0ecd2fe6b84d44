/**
 * Reads an answer of the Responses API into parts. An allow-list: whatever is not a message, a function call or reasoning
 * is foreign, because it ran, or is kept, where no gate saw it.
 */
import { type AnswerPart, countOf, isRecord, modelNameOf, type ProviderAnswer, recordsOf, textOf } from './adapter.ts';
import { failedAnswer } from './model-failure.ts';

export function readResponse(answer: unknown, asked: string): ProviderAnswer {
  if (!isRecord(answer) || !Array.isArray(answer['output'])) throw new TypeError('not a response');
  const { status, error, incomplete_details: details, usage } = answer;
  if (status === 'failed' || (isRecord(error) && status !== 'incomplete')) {
    throw failedAnswer(asked, isRecord(error) ? error['code'] : null);
  }
  if (status === 'queued' || status === 'in_progress' || status === 'cancelled') throw failedAnswer(asked, null);
  const used = isRecord(usage) ? usage : {};
  const inputDetails = isRecord(used['input_tokens_details']) ? used['input_tokens_details'] : {};
  return {
    model: modelNameOf(answer['model'], asked),
    usage: {
      input: countOf(used['input_tokens']),
      output: countOf(used['output_tokens']),
      cachedInput: countOf(inputDetails['cached_tokens']),
    },
    ending: status === 'incomplete' ? endingOf(isRecord(details) ? details['reason'] : null) : 'complete',
    parts: (answer['output'] as unknown[]).flatMap(partsOf),
  };
}

function partsOf(item: unknown): AnswerPart[] {
  if (!isRecord(item)) return [{ kind: 'foreign', type: 'unreadable item' }];
  switch (item['type']) {
    case 'reasoning':
      return [{ kind: 'reasoning', item }];
    case 'message':
      return messageParts(item);
    case 'function_call':
      // A call made by a hosted program, or one that asks to run by itself, is not the model asking us.
      if (isRecord(item['caller']) && item['caller']['type'] !== 'direct')
        return [{ kind: 'foreign', type: 'program' }];
      return [
        {
          kind: 'call',
          id: item['call_id'],
          name: item['name'],
          arguments: item['arguments'],
          complete: item['status'] !== 'incomplete' && item['status'] !== 'in_progress',
        },
      ];
    default:
      return [{ kind: 'foreign', type: textOf(item['type']) || 'untyped item' }];
  }
}

function messageParts(item: Record<string, unknown>): AnswerPart[] {
  const phase = item['phase'] === 'commentary' || item['phase'] === 'final_answer' ? item['phase'] : null;
  return recordsOf(item['content']).flatMap((content): AnswerPart[] => {
    if (content['type'] === 'refusal') return [{ kind: 'refusal', text: textOf(content['refusal']) }];
    if (content['type'] !== 'output_text')
      return [{ kind: 'foreign', type: textOf(content['type']) || 'untyped part' }];
    // Citations are what hosted search leaves behind: the text rests on pages that no gate has seen.
    const cited = recordsOf(content['annotations']).map(
      (one): AnswerPart => ({
        kind: 'foreign',
        type: textOf(one['type']) || 'annotation',
      }),
    );
    return [{ kind: 'text', text: textOf(content['text']), phase }, ...cited];
  });
}

function endingOf(reason: unknown): ProviderAnswer['ending'] {
  if (reason === 'max_output_tokens') return 'output-limit';
  return reason === 'content_filter' ? 'content-filter' : 'incomplete';
}
