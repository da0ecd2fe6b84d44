/**
 * What the two adapters have in common: a request in our words, an answer as an ordered list of parts in which nothing is
 * checked yet. `unknown` marks what the provider controls; `read-answer.ts` turns it into a message.
 */
import type OpenAI from 'openai';
import type { TokenUsage } from '../../core/contracts/message.ts';
import type { ModelSettings } from '../../core/contracts/pack.ts';
import type { ToolDefinition } from '../../core/contracts/tool.ts';
import type { PromptItem } from './prompt.ts';

export interface ModelRequest {
  settings: ModelSettings;
  instructions: string;
  items: PromptItem[];
  tools: ToolDefinition[];
}

export type AnswerPart =
  | { kind: 'text'; text: string; phase: 'commentary' | 'final_answer' | null }
  | { kind: 'refusal'; text: string }
  /** To be sent back unread. */
  | { kind: 'reasoning'; item: unknown }
  | { kind: 'call'; id: unknown; name: unknown; arguments: unknown; complete: boolean }
  /** Something that did not come through a function we offered: a hosted tool, server-side state, or unknown. */
  | { kind: 'foreign'; type: string };

export interface ProviderAnswer {
  model: string;
  usage: TokenUsage;
  ending: 'complete' | 'output-limit' | 'content-filter' | 'incomplete';
  parts: AnswerPart[];
}

export type Adapter = (client: OpenAI, request: ModelRequest, signal: AbortSignal) => Promise<ProviderAnswer>;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A provider's token count; what is not a whole number counts as 0. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

export function modelNameOf(value: unknown, asked: string): string {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200).toWellFormed() : asked;
}

/** A name the provider takes back in a call's record: it refuses a request that holds any other. */
export function sendableName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'unnamed';
}

/** Arguments as JSON text of an object: servers that parse them fail on a broken call of an earlier turn otherwise. */
export function sendableArguments(argumentsText: string): string {
  try {
    if (isRecord(JSON.parse(argumentsText))) return argumentsText;
  } catch {
    // Falls through: the model is shown what it wrote, as a string.
  }
  return JSON.stringify({ unreadable_arguments: argumentsText });
}
