/** The chat completions adapter against aimock. */
import { describe, expect, test } from 'vitest';
import { completion, useProvider } from './call-model-provider.ts';
import { assistant, createWorld, packWith, toolResult, user } from './call-model-world.ts';

const provider = useProvider();

const pack = packWith({ api: 'chat-completions' });

describe('chat completions adapter', () => {
  test('reads parallel calls from aimock’s own answer', async () => {
    provider.mock.onMessage('Restart', {
      toolCalls: [
        { id: 'call_1', name: 'read_logs', arguments: '{"service":"web"}' },
        { id: 'call_2', name: 'restart_service', arguments: '{"service":"db"}' },
      ],
    });
    const { message, findings } = await createWorld({ baseURL: provider.url, pack }).call();
    expect(message.calls.map((call) => [call.id, call.name])).toEqual([
      ['call_1', 'read_logs'],
      ['call_2', 'restart_service'],
    ]);
    expect(findings).toEqual([]);
  });

  test('sends system, user, calls and their results in an order every server takes', async () => {
    provider.answers.push(completion({ content: 'done' }));
    const calls = [
      { id: 'call_1', name: 'read_logs', argumentsText: '{"service":"web"}' },
      { id: 'call_2', name: 'no such tool!', argumentsText: 'not json' },
    ];
    const messages = [user, assistant({ calls }), toolResult('call_2', 'second'), toolResult('call_1', 'first')];
    const result = await createWorld({ baseURL: provider.rawUrl, pack, messages }).call();
    expect(provider.sent[0]).toMatchObject({
      path: '/chat/completions',
      body: { model: 'gpt-test', stream: false, parallel_tool_calls: true, max_completion_tokens: 500 },
    });
    const sent = provider.sent[0]?.body['messages'] as Record<string, unknown>[];
    expect(sent.map((message) => message['role'])).toEqual(['system', 'user', 'assistant', 'tool', 'tool']);
    expect(sent[2]?.['tool_calls']).toMatchObject([
      { id: 'call_1', function: { name: 'read_logs', arguments: '{"service":"web"}' } },
      { id: 'call_2', function: { name: 'no_such_tool_', arguments: '{"unreadable_arguments":"not json"}' } },
    ]);
    expect(
      sent.slice(3).map((message) => [message['tool_call_id'], String(message['content']).includes('first')]),
    ).toEqual([
      ['call_1', true],
      ['call_2', false],
    ]);
    expect(result.usage).toEqual({ input: 9, output: 4, cachedInput: 3 });
    expect(result.model).toBe('chat-test-2026');
  });

  test('a server that reports no usage is charged by the bytes of what went there and back', async () => {
    const { body } = completion({ content: 'x'.repeat(500) });
    provider.answers.push({ body: { ...(body as object), usage: undefined } });
    const world = createWorld({ baseURL: provider.rawUrl, pack });
    expect((await world.call()).usage).toMatchObject({ input: 0, output: 0 });
    const [charged] = world.usage;
    expect(charged?.output).toBeGreaterThan(500);
    expect(charged?.input).toBeGreaterThan(user.text.length);
  });

  test('a custom tool call and citations are refused', async () => {
    provider.answers.push(
      completion({ tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'x', input: 'y' } }] }),
      completion({ content: 'see', annotations: [{ type: 'url_citation' }] }),
    );
    const world = createWorld({ baseURL: provider.rawUrl, pack });
    expect((await world.call()).message.calls).toMatchObject([{ name: 'hosted:custom' }]);
    expect((await world.call()).message.calls).toMatchObject([{ name: 'hosted:url_citation' }]);
  });

  test('length, content filter and refusal are said in the text', async () => {
    provider.answers.push(
      completion({ content: 'half' }, 'length'),
      completion({}, 'content_filter'),
      completion({ refusal: 'no' }),
    );
    const world = createWorld({ baseURL: provider.rawUrl, pack });
    expect((await world.call()).message.text).toContain('half\n\n[The answer was cut off: the limit of 500');
    expect((await world.call()).message.text).toContain('content filter');
    expect((await world.call()).message.text).toContain('[The model refused to answer] no');
  });

  test('the old function_call and a call without a type are taken as calls', async () => {
    provider.answers.push(
      completion({
        tool_calls: [{ id: 'c1', function: { name: 'read_logs', arguments: '{}' } }],
        function_call: { name: 'restart_service', arguments: '{}' },
      }),
    );
    const { message } = await createWorld({ baseURL: provider.rawUrl, pack }).call(2);
    expect(message.calls).toEqual([
      { id: 'c1', name: 'read_logs', argumentsText: '{}' },
      { id: 'call-2-1', name: 'restart_service', argumentsText: '{}' },
    ]);
  });
});
