/** Faults of the provider and of cancellation: code, retry verdict, delay; and no secret in any of them. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { longestRetryDelayMs, retryDelayMs } from '../../../activities/call-model/model-failure.ts';
import { outputText, response, useProvider } from './call-model-provider.ts';
import { apiKey, createWorld, packWith } from './call-model-world.ts';

const provider = useProvider();

async function failureOf(promise: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApplicationFailure))
    throw new TypeError(`expected an ApplicationFailure, got ${String(error)}`);
  return error;
}

describe.each(['responses', 'chat-completions'] as const)('provider faults over %s', (api) => {
  const pack = packWith({ api });

  test('429 is retried by Temporal after the provider’s delay, never by the client', async () => {
    provider.mock.onMessage('Restart', {
      error: { message: 'slow down', type: 'rate_limit_error' },
      status: 429,
      retryAfter: 7,
    });
    const error = await failureOf(createWorld({ baseURL: provider.url, pack }).call());
    expect(error).toMatchObject({ type: 'model-unavailable', nonRetryable: false, nextRetryDelay: 7000 });
    expect(provider.mock.getRequests()).toHaveLength(1);
  });

  test.each([408, 409, 500, 503, 529])('%i is retryable', async (status) => {
    provider.answers.push({ status, body: { error: { message: 'later' } } });
    const error = await failureOf(createWorld({ baseURL: provider.rawUrl, pack }).call());
    expect(error).toMatchObject({ type: 'model-unavailable', nonRetryable: false });
    expect(provider.sent).toHaveLength(1);
  });

  test.each([307, 400, 401, 403, 404, 422])('%i is not retryable', async (status) => {
    provider.answers.push({
      status,
      headers: { location: 'http://127.0.0.1:9/elsewhere' },
      body: { error: { message: 'no' } },
    });
    const error = await failureOf(createWorld({ baseURL: provider.rawUrl, pack }).call());
    expect(error).toMatchObject({ type: 'model-refused', nonRetryable: true });
    expect(error.message).toContain(String(status));
  });

  test('a provider that repeats the key and the prompt gets neither into the failure', async () => {
    for (const status of [400, 401, 429, 500]) {
      const message = `Incorrect API key provided: ${apiKey}. You sent: Restart the web service`;
      provider.answers.splice(0, 9, {
        status,
        body: { error: { message, code: apiKey, type: apiKey, param: apiKey } },
      });
      const error = await failureOf(createWorld({ baseURL: provider.rawUrl, pack }).call());
      const all = JSON.stringify([error.message, error.stack, error.details, error.cause, error.type]);
      expect(all).not.toContain(apiKey);
      expect(all).not.toContain('Restart the web');
    }
    expect(provider.sent.at(-1)?.headers.authorization).toBe(`Bearer ${apiKey}`);
  });

  test('a known code of the provider is named', async () => {
    provider.answers.push({ status: 400, body: { error: { message: 'x', code: 'context_length_exceeded' } } });
    const error = await failureOf(createWorld({ baseURL: provider.rawUrl, pack }).call());
    expect(error.details).toEqual([{ status: 400, providerCode: 'context_length_exceeded' }]);
  });

  test.each([
    ['not JSON', '{"output": ['],
    ['a page', '<html>hello</html>'],
    ['another shape', {}],
    ['null', 'null'],
  ])('a body that is %s is retryable and not quoted', async (_name, body) => {
    provider.answers.push({ body });
    const error = await failureOf(createWorld({ baseURL: provider.rawUrl, pack }).call());
    expect(error).toMatchObject({ type: 'model-unavailable', nonRetryable: false });
    expect(error.message).not.toContain('hello');
  });

  test('nobody listening is retryable', async () => {
    const error = await failureOf(createWorld({ baseURL: 'http://127.0.0.1:1/v1', pack }).call());
    expect(error).toMatchObject({ type: 'model-unavailable', nonRetryable: false });
  });

  test('a hanging request is aborted by cancellation', async () => {
    const arrived = Promise.withResolvers<void>();
    const never = Promise.withResolvers<{ content: string }>();
    provider.mock.onMessage('Restart', () => {
      arrived.resolve();
      return never.promise;
    });
    const world = createWorld({ baseURL: provider.url, pack });
    const call = world.call();
    await arrived.promise;
    world.cancel.abort();
    await expect(call).rejects.toBeInstanceOf(CancelledFailure);
    never.resolve({ content: 'too late' });
  });

  test('a hanging request ends at the pack’s request time-out, retryable', async () => {
    const never = Promise.withResolvers<{ content: string }>();
    provider.mock.onMessage('Restart', () => never.promise);
    const error = await failureOf(
      createWorld({ baseURL: provider.url, pack: packWith({ api, requestTimeoutMs: 1000 }) }).call(),
    );
    expect(error).toMatchObject({ type: 'model-unavailable', nonRetryable: false });
    expect(error.message).toContain('requestTimeoutMs');
    never.resolve({ content: 'too late' });
  });

  test('heartbeats go out while the provider thinks', async () => {
    const twice = Promise.withResolvers<void>();
    provider.mock.onMessage('Restart', async () => {
      await twice.promise;
      return { content: 'done' };
    });
    const world = createWorld({ baseURL: provider.url, pack, heartbeatTimeoutMs: 20 });
    world.heartbeats.onBeat = () => {
      if (world.heartbeats.count >= 2) twice.resolve();
    };
    expect((await world.call()).message.text).toBe('done');
  });
});

describe('settings', () => {
  test('no key is a configuration fault that names the variable, and nothing is sent', async () => {
    const world = createWorld({ baseURL: provider.rawUrl, overrides: { openai: { apiKey: undefined } } });
    const error = await failureOf(world.call());
    expect(error).toMatchObject({ type: 'config-invalid', nonRetryable: true });
    expect(error.message).toContain('OPENAI_API_KEY');
    expect(provider.sent).toEqual([]);
  });

  test('an unknown fault loses its text', async () => {
    provider.answers.push(response([outputText('x')]));
    const tools = {
      get: () => {
        throw new Error(`broken ${apiKey}`);
      },
    };
    const error = await failureOf(createWorld({ baseURL: provider.rawUrl, overrides: { tools } }).call());
    expect(error).toMatchObject({ type: 'internal-fault', nonRetryable: true });
    expect(error.message).not.toContain(apiKey);
  });
});

describe('retry-after', () => {
  const now = Date.parse('2026-11-22T10:00:00Z');
  test.each([
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:03 GMT' }, 3000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after': '99999999' }, longestRetryDelayMs],
    [{ 'retry-after': '-5x' }, undefined],
    [{}, undefined],
  ])('%j is a wait of %s ms', (headers, expected) => {
    expect(retryDelayMs(new Headers(headers as Record<string, string>), now)).toBe(expected);
  });
});
