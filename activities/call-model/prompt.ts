/**
 * From recorded messages to what an adapter sends: cleaned, tool results delimited and labelled, every call paired with
 * exactly one result directly after it (providers refuse anything else). Never sends a message's text unguarded.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import type { AssistantMessage, Message } from '../../core/contracts/message.ts';
import { type CleanText, cleanIncoming, type TextGuards } from './clean-text.ts';
import { withheldMessage, withheldMessages } from '../refused-turn.ts';
import { delimited } from './delimit.ts';

export type PromptItem =
  | { kind: 'user'; text: string }
  | { kind: 'assistant'; message: AssistantMessage }
  | { kind: 'tool-result'; callId: string; text: string };

export interface Prompt {
  items: PromptItem[];
  /** About what came in since the model last answered; older findings were reported in their turn. */
  findings: Finding[];
  /** What came in since then, as it is sent. */
  incoming: string;
}

type ToolMessage = Extract<Message, { role: 'tool' }>;
type IncomingMessage = Exclude<Message, { role: 'assistant' }>;

export type BuildPrompt = (messages: readonly Message[]) => Promise<Prompt>;

export function createBuildPrompt(guards: TextGuards): BuildPrompt {
  // Cached messages keep their identity from turn to turn, so that each is scanned once per process.
  const cleanByMessage = new WeakMap<Message, CleanText>();
  async function clean(message: IncomingMessage): Promise<CleanText> {
    const kept = cleanByMessage.get(message);
    if (kept) return kept;
    const result = await cleanIncoming(guards, message.text);
    cleanByMessage.set(message, result);
    return result;
  }
  return async (messages) => {
    const lastAnswer = messages.findLastIndex((message) => message.role === 'assistant');
    const textByMessage = new Map<Message, string>();
    const findings: Finding[] = [];
    const incoming: string[] = [];
    const withheld = withheldMessages(messages);
    for (const [index, message] of messages.entries()) {
      if (message.role === 'assistant') continue;
      if (withheld.has(message)) {
        textByMessage.set(message, framed(message, withheldMessage));
        continue;
      }
      const result = await clean(message);
      const text = framed(message, result.text);
      textByMessage.set(message, text);
      if (index > lastAnswer) {
        findings.push(...result.findings);
        incoming.push(text);
      }
    }
    return { items: paired(messages, textByMessage), findings, incoming: incoming.join('\n\n') };
  };
}

/** The text in the context that says where it came from. The user's own words stand as they are. */
export function framed(message: IncomingMessage, text: string): string {
  const label = message.labels.join(' ') || 'none';
  switch (message.role) {
    case 'user':
      return text;
    case 'tool':
      return delimited('tool-result', { tool: message.tool, label }, text);
    case 'summary':
      return delimited('transcript-summary', { messages: String(message.covers), label }, text);
  }
}

function paired(messages: readonly Message[], textByMessage: Map<Message, string>): PromptItem[] {
  const items: PromptItem[] = [];
  const used = new Set<Message>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant') {
      if (message.text === '' && message.calls.length === 0 && message.opaque.length === 0) continue;
      items.push({ kind: 'assistant', message });
      for (const call of message.calls) {
        const result = resultOf(messages, index, call.id, used);
        if (result) used.add(result);
        const text = result ? (textByMessage.get(result) ?? '') : 'No result of this call was recorded.';
        items.push({ kind: 'tool-result', callId: call.id, text });
      }
    } else if (!used.has(message)) {
      items.push({ kind: 'user', text: textByMessage.get(message) ?? '' });
    }
  }
  return items;
}

/** The first unused result between this answer and the next one. */
function resultOf(messages: readonly Message[], from: number, callId: string, used: Set<Message>): ToolMessage | null {
  for (const message of messages.slice(from + 1)) {
    if (message.role === 'assistant') return null;
    if (message.role === 'tool' && message.callId === callId && !used.has(message)) return message;
  }
  return null;
}
