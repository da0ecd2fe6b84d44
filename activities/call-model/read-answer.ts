/**
 * From a provider's answer to the message that is recorded. Nothing the model asked for is dropped in silence: what is
 * malformed becomes a call that the gate refuses with a reason. An answer that went round the gate (a hosted tool ran at
 * the provider) is refused as a whole. Arguments are left as written but
 * for secrets: the gate parses, scans and refuses.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import type { AssistantMessage, ModelCall } from '../../core/contracts/message.ts';
import type { AnswerPart, ProviderAnswer } from './adapter.ts';
import { cleanArguments } from './clean-arguments.ts';
import { cleanReasoning } from './clean-reasoning.ts';
import { cleanAnswer, type TextGuards } from './clean-text.ts';
import { compactLayout, type LayoutEntry, textSeparator } from './layout.ts';
import { normaliseCall } from './normalise-call.ts';

export interface AnswerContext {
  turn: number;
  /** Ids of calls that the transcript holds already: a result must find exactly one call. */
  usedIds: Iterable<string>;
  maxOutputTokens: number;
  /** The secrets guard is switched off: arguments are left as the model wrote them. @default false */
  keepsSecrets?: boolean;
}
export interface ReadAnswer {
  message: AssistantMessage;
  findings: Finding[];
}

/** Room in one activity result (Temporal: 2 MB), bytes of UTF-8. */
const room = { text: 256 * 1024, arguments: 384 * 1024, opaque: 512 * 1024 };
const maximumCalls = 256;

export async function readAnswer(
  guards: TextGuards,
  answer: ProviderAnswer,
  context: AnswerContext,
): Promise<ReadAnswer> {
  const foreign = new Set(answer.parts.filter((part) => part.kind === 'foreign').map((part) => safeType(part.type)));
  if (foreign.size > 0) return refusedAnswer([...foreign], context.turn);

  const findings: Finding[] = [];
  const layout: LayoutEntry[] = [];
  const texts: string[] = [];
  const calls: ModelCall[] = [];
  const usedIds = new Set(context.usedIds);
  const left = { ...room };

  async function addText(text: string, phase: Extract<AnswerPart, { kind: 'text' }>['phase']): Promise<void> {
    const clean = await cleanAnswer(guards, text);
    findings.push(...clean.findings);
    const kept = cut(clean.text, left.text);
    if (kept !== clean.text) findings.push(finding('text-too-long', 'medium', 'the model’s text was cut to 256 KiB'));
    left.text -= Buffer.byteLength(kept);
    if (kept === '') return;
    texts.push(kept);
    layout.push({ kind: 'text', length: kept.length, phase });
  }

  for (const part of answer.parts) {
    // One after the other: the parts share budgets and the order of the layout.
    switch (part.kind) {
      case 'text':
        await addText(part.text, part.phase);
        break;
      case 'refusal':
        await addText(`[The model refused to answer] ${part.text}`, null);
        break;
      case 'reasoning': {
        const item = await cleanReasoning(guards, part.item, findings);
        const size = item ? Buffer.byteLength(JSON.stringify(item)) : 0;
        if (!item || size > left.opaque) {
          findings.push(finding('reasoning-dropped', 'low', 'a reasoning item that cannot be sent back was dropped'));
          break;
        }
        left.opaque -= size;
        layout.push({ kind: 'reasoning', item });
        break;
      }
      case 'call': {
        if (calls.length >= maximumCalls) {
          findings.push(finding('too-many-calls', 'high', `calls beyond the first ${maximumCalls} were dropped`));
          break;
        }
        const read = normaliseCall(part, { turn: context.turn, index: calls.length, usedIds, room: left.arguments });
        const written = read.call.argumentsText;
        const clean = context.keepsSecrets ? { text: written, findings: [] } : await cleanArguments(guards, written);
        usedIds.add(read.call.id);
        left.arguments -= Buffer.byteLength(read.call.argumentsText);
        findings.push(...clean.findings);
        findings.push(...read.problems.map((problem) => finding('malformed-call', 'medium', problem)));
        layout.push({ kind: 'call', index: calls.length });
        calls.push({ ...read.call, argumentsText: clean.text });
        break;
      }
      case 'foreign':
        break;
    }
  }
  const notice = noticeOf(answer, context.maxOutputTokens, calls.length >= maximumCalls);
  if (notice !== '') {
    texts.push(notice);
    layout.push({ kind: 'text', length: notice.length, phase: null });
  }
  const opaque = compactLayout(layout);
  return { message: { role: 'assistant', text: texts.join(textSeparator), calls, opaque }, findings };
}

/** The gate knows no tool of that name (a colon is in none), so it answers with a refusal that the model reads. */
function refusedAnswer(types: string[], turn: number): ReadAnswer {
  const named = types.join(', ');
  const text = `[The answer was refused: it holds ${named}, which did not come through a tool of this run and so went round the gate. Use only the tools offered.]`;
  const calls = types.slice(0, 8).map((type, index) => ({
    id: `call-${turn}-${index}`,
    name: `hosted:${type}`,
    argumentsText: 'refused: not a function call',
  }));
  const message = `the answer held ${named}, which no gate has seen; all of it was refused`.slice(0, 500);
  return {
    message: { role: 'assistant', text, calls, opaque: [] },
    findings: [finding('hosted-tool', 'critical', message)],
  };
}

function noticeOf(answer: ProviderAnswer, maxOutputTokens: number, overCalls: boolean): string {
  const notices: string[] = [];
  if (answer.ending === 'output-limit') {
    notices.push(`[The answer was cut off: the limit of ${maxOutputTokens} output tokens was reached.]`);
  }
  if (answer.ending === 'content-filter') notices.push('[The answer was cut off by the provider’s content filter.]');
  if (answer.ending === 'incomplete') notices.push('[The answer is incomplete, the provider did not say why.]');
  if (overCalls) notices.push(`[Calls beyond the first ${maximumCalls} were not taken.]`);
  return notices.join(' ');
}

function finding(rule: string, severity: Finding['severity'], message: string): Finding {
  return { guard: 'model-answer', rule, severity, message };
}

/** A provider's word, fit for a name and a sentence. */
function safeType(type: string): string {
  return type.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(0, 60) || 'unknown';
}

/** At most `bytes` of UTF-8, never half a character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  return new TextDecoder()
    .decode(new TextEncoder().encode(text).subarray(0, Math.max(0, bytes)))
    .replace(/\uFFFD$/, '');
}
