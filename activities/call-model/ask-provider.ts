/**
 * One request to the provider: no retries of its own, a deadline over the whole answer, aborted on cancellation. The
 * `openai` package reads the environment for whatever it is not told, so it is told everything.
 */
import { CancelledFailure } from '@temporalio/activity';
import OpenAI from 'openai';
import type { Clock } from '../../core/clock.ts';
import type { ActivityPort } from './activity-port.ts';
import type { Adapter, ModelRequest, ProviderAnswer } from './adapter.ts';
import { chatCompletionsAdapter } from './chat-completions-adapter.ts';
import { failure, modelFailure, timedOut } from './model-failure.ts';
import { createResponsesAdapter } from './responses-adapter.ts';

export interface OpenAISettings {
  /** OPENAI_API_KEY; servers that want none take any value. */
  apiKey: string | undefined;
  /** OPENAI_BASE_URL. @default https://api.openai.com/v1 */
  baseURL?: string | undefined;
}

export type AskProvider = (activity: ActivityPort, request: ModelRequest) => Promise<ProviderAnswer>;

const defaultBaseURL = 'https://api.openai.com/v1';

/** @throws {ApplicationFailure} see `model-failure.ts`; {CancelledFailure} when the activity was cancelled. */
export function createAskProvider(settings: OpenAISettings, clock: Clock): AskProvider {
  const client = settings.apiKey ? createClient(settings.apiKey, settings.baseURL) : null;
  const adapterByApi: Record<ModelRequest['settings']['api'], Adapter> = {
    responses: createResponsesAdapter(),
    'chat-completions': chatCompletionsAdapter,
  };
  return async (activity, request) => {
    const { name, api, requestTimeoutMs } = request.settings;
    if (!client) {
      throw failure(
        'config-invalid',
        `Cannot call model ${JSON.stringify(name)}: OPENAI_API_KEY is not set, expected a key; set it where the worker starts`,
      );
    }
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), requestTimeoutMs);
    const signal = AbortSignal.any([activity.cancellationSignal, deadline.signal]);
    try {
      return await adapterByApi[api](client, request, signal);
    } catch (error) {
      if (activity.cancellationSignal.aborted) throw new CancelledFailure('the model call was cancelled');
      if (deadline.signal.aborted) throw timedOut(name);
      throw modelFailure(error, { model: name, now: clock.now() });
    } finally {
      clearTimeout(timer);
    }
  };
}

function createClient(apiKey: string, baseURL: string | undefined): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: baseURL ?? defaultBaseURL,
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    // Temporal retries; two retrying layers multiply, and the inner one is in no history.
    maxRetries: 0,
    // Its debug log prints whole bodies.
    logLevel: 'off',
    // A redirect would carry the transcript to a place nobody configured.
    fetchOptions: { redirect: 'manual' },
  });
}
