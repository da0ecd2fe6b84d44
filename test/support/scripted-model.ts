/**
 * The model of server tests: aimock's real HTTP server, answering each run from a script found by the run's first words.
 * A step is what the model says in one turn; call ids carry the turn, so that a retried request gets the same answer.
 */
import { type ChatCompletionRequest, type FixtureResponse, LLMock } from '@copilotkit/aimock';

export type Step =
  | { text: string }
  | { calls: { name: string; args: unknown }[]; text?: string }
  | { error: number; retryAfter?: number }
  /** No answer at all, once. */
  | { silence: true };

export interface ScriptedModel {
  baseURL: string;
  /** @param key the run's input must contain it; nothing else may. */
  script(key: string, steps: readonly Step[]): void;
  /** Requests for a key so far. */
  requests(key: string): ChatCompletionRequest[];
  stop(): Promise<void>;
}

interface Script {
  steps: readonly Step[];
  requests: ChatCompletionRequest[];
  /** Errors are given once each, whatever the turn. */
  errorsGiven: number;
}

export async function startScriptedModel(): Promise<ScriptedModel> {
  const scripts = new Map<string, Script>();
  const mock = new LLMock({ port: 0, host: '127.0.0.1' });
  mock.on({ predicate: () => true }, (request) => answer(scripts, request));
  await mock.start();
  return {
    baseURL: `${mock.url}/v1`,
    script: (key, steps) => scripts.set(key, { steps, requests: [], errorsGiven: 0 }),
    requests: (key) => scripts.get(key)?.requests ?? [],
    stop: () => mock.stop(),
  };
}

async function answer(scripts: Map<string, Script>, request: ChatCompletionRequest): Promise<FixtureResponse> {
  const words = JSON.stringify(request.messages);
  const [key, script] = [...scripts].find(([one]) => words.includes(one)) ?? [];
  if (!script) return { content: 'There is no script for this run.' };
  script.requests.push(request);
  const error = script.steps.filter(isFault)[script.errorsGiven];
  if (error) {
    script.errorsGiven += 1;
    if ('silence' in error) return await silent;
    return {
      error: { message: 'scripted' },
      status: error.error,
      ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    };
  }
  // Only the request for a summary offers no tools; with the key in it, the script is found again after it.
  if (!request.tools?.length) return { content: `Notes on ${key}.` };
  const turn = turnsAnswered(words);
  const step = script.steps.filter((one) => !isFault(one))[turn] ?? { text: 'Done.' };
  if ('calls' in step) {
    const toolCalls = step.calls.map(({ name, args }, index) => ({
      id: `call-t${turn + 1}-${index}`,
      name,
      arguments: typeof args === 'string' ? args : JSON.stringify(args),
    }));
    return step.text === undefined ? { toolCalls } : { content: step.text, toolCalls };
  }
  return { content: 'text' in step ? step.text : 'Done.' };
}

const silent = new Promise<never>(() => undefined);

function isFault(step: Step): step is Exclude<Step, { text?: string }> {
  return 'error' in step || 'silence' in step;
}

/** Turns whose calls stand in the request already. */
function turnsAnswered(words: string): number {
  const turns = [...words.matchAll(/call-t(\d+)-/g)].map((match) => Number(match[1]));
  return Math.max(0, ...turns);
}
