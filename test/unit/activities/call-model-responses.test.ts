/** The Responses API adapter against aimock: what is sent, what is read, what is refused. */
import { describe, expect, test } from 'vitest';
import { transcriptHead } from '../../../core/transcript.ts';
import { parseStrictJson } from '../../../core/canonical-json.ts';
import { toolNameSchema } from '../../../core/contracts/ids.ts';
import { messageSchema } from '../../../core/contracts/message.ts';
import { functionCall, outputText, response, useProvider } from './call-model-provider.ts';
import { assistant, createWorld, definition, packWith, toolResult, user } from './call-model-world.ts';

const provider = useProvider();

const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'b3BhcXVl' };

describe('Responses adapter', () => {
  test('reads text and parallel calls from aimock’s own answer', async () => {
    provider.mock.onMessage('Restart', {
      content: 'On it',
      toolCalls: [
        { id: 'call_1', name: 'read_logs', arguments: '{"service":"web"}' },
        { id: 'call_2', name: 'restart_service', arguments: '{"service":"db"}' },
      ],
    });
    const result = await createWorld({ baseURL: provider.url }).call();
    expect(result.message).toMatchObject({
      text: 'On it',
      calls: [
        { id: 'call_1', name: 'read_logs', argumentsText: '{"service":"web"}' },
        { id: 'call_2', name: 'restart_service', argumentsText: '{"service":"db"}' },
      ],
    });
    expect(messageSchema.parse(result.message)).toEqual(result.message);
    expect(result.findings).toEqual([]);
  });

  test('asks statelessly, for encrypted reasoning, and offers only the pack’s functions', async () => {
    provider.answers.push(response([outputText('done')]));
    await createWorld({ baseURL: provider.rawUrl }).call();
    const [request] = provider.sent;
    expect(request?.path).toBe('/responses');
    expect(request?.body).toMatchObject({
      model: 'gpt-test',
      store: false,
      stream: false,
      include: ['reasoning.encrypted_content'],
      parallel_tool_calls: true,
      max_output_tokens: 500,
      input: [{ type: 'message', role: 'user', content: 'Restart the web service' }],
    });
    expect(Object.keys(request?.body ?? {})).not.toContain('previous_response_id');
    expect(Object.keys(request?.body ?? {})).not.toContain('conversation');
    expect(request?.body['tools']).toEqual(
      ['read_logs', 'restart_service'].map((name) => ({
        type: 'function',
        name,
        description: `what ${name} does`,
        parameters: definition(name).parameters,
        strict: true,
      })),
    );
    expect(request?.body['instructions']).toMatch(/^Keep the services up\.\n\n.*policy gate/s);
  });

  test('sends a schema with optional properties as it is, without strict', async () => {
    provider.answers.push(response([outputText('done')]));
    const parameters = {
      type: 'object',
      properties: { lines: { type: 'integer', default: 10 } },
      additionalProperties: false,
    };
    const tools = { get: (name: string) => ({ definition: definition(name, parameters) }) };
    await createWorld({ baseURL: provider.rawUrl, overrides: { tools } }).call();
    expect(provider.sent[0]?.body['tools']).toMatchObject([
      { parameters, strict: false },
      { parameters, strict: false },
    ]);
  });

  test('records usage, cached tokens and the model as answered', async () => {
    provider.answers.push(response([outputText('done')]));
    const result = await createWorld({ baseURL: provider.rawUrl }).call();
    expect(result.usage).toEqual({ input: 11, output: 7, cachedInput: 5 });
    expect(result.model).toBe('gpt-test-2026');
  });

  test('sends reasoning back exactly as it came, before the item it came before, with its phase', async () => {
    const second = { ...reasoning, id: 'rs_2', encrypted_content: 'c2Vjb25k' };
    provider.answers.push(
      response([
        reasoning,
        outputText('Looking', { phase: 'commentary' }),
        functionCall({ call_id: 'call_a' }),
        second,
        functionCall({ call_id: 'call_b', name: 'read_logs' }),
      ]),
      response([outputText('done')]),
    );
    const world = createWorld({ baseURL: provider.rawUrl });
    const { message } = await world.call(1);
    world.recorded.push(message, toolResult('call_a', 'ok'), toolResult('call_b', 'ok'));
    await world.call(2);
    const input = provider.sent[1]?.body['input'] as Record<string, unknown>[];
    expect(input.slice(1, 6)).toEqual([
      reasoning,
      { type: 'message', role: 'assistant', content: 'Looking', phase: 'commentary' },
      { type: 'function_call', call_id: 'call_a', name: 'restart_service', arguments: '{"service":"web"}' },
      second,
      { type: 'function_call', call_id: 'call_b', name: 'read_logs', arguments: '{"service":"web"}' },
    ]);
    expect(input.slice(6).map((item) => [item['type'], item['call_id']])).toEqual([
      ['function_call_output', 'call_a'],
      ['function_call_output', 'call_b'],
    ]);
  });

  test('reasoning without encrypted content is dropped: it would be a reference to state at the provider', async () => {
    provider.answers.push(response([{ ...reasoning, encrypted_content: null }, outputText('done')]));
    const result = await createWorld({ baseURL: provider.rawUrl }).call();
    expect(result.message.opaque).toEqual([]);
    expect(result.findings).toMatchObject([{ rule: 'reasoning-dropped' }]);
  });

  test('an item_reference smuggled into a recorded message is not sent', async () => {
    provider.answers.push(response([outputText('done')]));
    const forged = assistant({
      text: 'hi',
      opaque: [
        { kind: 'reasoning', item: { type: 'item_reference', id: 'rs_other' } },
        { kind: 'text', length: 2, phase: null },
      ],
    });
    await createWorld({ baseURL: provider.rawUrl, messages: [user, forged, user] }).call();
    expect(JSON.stringify(provider.sent[0]?.body)).not.toContain('item_reference');
    expect(provider.sent[0]?.body['input']).toHaveLength(3);
  });

  test('a model without reasoning is asked again without the include, once per process', async () => {
    const refusal = {
      status: 400,
      body: { error: { message: 'Encrypted content is not supported with this model.', param: 'include' } },
    };
    provider.answers.push(refusal, response([outputText('one')]));
    const world = createWorld({ baseURL: provider.rawUrl });
    expect((await world.call(1)).message.text).toBe('one');
    await world.call(1);
    expect(provider.sent.map((request) => 'include' in request.body)).toEqual([true, false, false]);
  });

  test.each([
    'web_search_call',
    'file_search_call',
    'code_interpreter_call',
    'computer_call',
    'mcp_call',
    'local_shell_call',
    'shell_call',
    'image_generation_call',
    'custom_tool_call',
    'compaction',
  ])('an answer that holds a hosted %s is refused whole and answered back by the gate', async (type) => {
    provider.answers.push(
      response([{ type, id: 'x_1', status: 'completed' }, functionCall(), outputText('found it'), reasoning]),
    );
    const { message, findings } = await createWorld({ baseURL: provider.rawUrl }).call(3);
    expect(message.text).not.toContain('found it');
    expect(message.opaque).toEqual([]);
    expect(message.calls).toMatchObject([{ id: 'call-3-0', name: `hosted:${type}` }]);
    expect(toolNameSchema.safeParse(message.calls[0]?.name).success).toBe(false);
    expect(findings).toMatchObject([{ rule: 'hosted-tool', severity: 'critical' }]);
  });

  test('text that cites hosted search is refused', async () => {
    const content = [
      { type: 'output_text', text: 'see', annotations: [{ type: 'url_citation', url: 'https://example.test' }] },
    ];
    provider.answers.push(response([{ type: 'message', role: 'assistant', content }]));
    const { message } = await createWorld({ baseURL: provider.rawUrl }).call();
    expect(message.calls).toMatchObject([{ name: 'hosted:url_citation' }]);
  });

  test('a call made by a hosted program is refused', async () => {
    provider.answers.push(response([functionCall({ caller: { type: 'program', caller_id: 'p_1' } })]));
    const { message } = await createWorld({ baseURL: provider.rawUrl }).call();
    expect(message.calls).toMatchObject([{ name: 'hosted:program' }]);
  });

  test('an answer cut off by the output limit says so, and its unfinished call can never parse', async () => {
    provider.answers.push(
      response([outputText('partly'), functionCall({ status: 'incomplete', arguments: '{}' })], {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
      }),
    );
    const { message } = await createWorld({ baseURL: provider.rawUrl }).call();
    expect(message.text).toBe('partly\n\n[The answer was cut off: the limit of 500 output tokens was reached.]');
    expect(message.calls[0]?.argumentsText).toBe('cut off: {}');
    expect(parseStrictJson(message.calls[0]?.argumentsText ?? '').kind).toBe('refused');
  });

  test('a content filter and a refusal are said in the text', async () => {
    provider.answers.push(
      response([], { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }),
      response([{ type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'I will not' }] }]),
    );
    const world = createWorld({ baseURL: provider.rawUrl });
    expect((await world.call()).message.text).toContain('content filter');
    expect((await world.call()).message.text).toBe('[The model refused to answer] I will not');
  });

  test.each([
    ['server_error', 'model-unavailable', false],
    ['invalid_prompt', 'model-refused', true],
  ])('an answer that failed with %s is %s', async (code, type, nonRetryable) => {
    provider.answers.push(response([], { status: 'failed', error: { code, message: 'sentence' } }));
    await expect(createWorld({ baseURL: provider.rawUrl }).call()).rejects.toMatchObject({ type, nonRetryable });
  });

  test('the answer it returns extends the chain the next turn is checked against', async () => {
    provider.answers.push(response([reasoning, outputText('done')]));
    const world = createWorld({ baseURL: provider.rawUrl });
    const { message } = await world.call();
    expect(() => transcriptHead([user, message])).not.toThrow();
  });

  test('no tools, no tool parameters', async () => {
    provider.answers.push(response([outputText('done')]));
    await createWorld({ baseURL: provider.rawUrl, pack: packWith({}, []) }).call();
    expect(Object.keys(provider.sent[0]?.body ?? {})).not.toContain('tools');
    expect(Object.keys(provider.sent[0]?.body ?? {})).not.toContain('parallel_tool_calls');
  });
});
