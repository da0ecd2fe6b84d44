/**
 * A turn whose prompt or answer a guard refused, as it stands in the transcript: an answer of ours, with one call that no tool
 * has the name of (a colon is in none, and a model's own is taken out). The gate denies it, so that the refusal is signed,
 * recorded and counted like any other, and the model hears of it.
 */
import { type Finding, findingSchema } from '../core/contracts/labels.ts';
import type { AssistantMessage, Message } from '../core/contracts/message.ts';

const points = { beforeModel: 'prompt', afterModel: 'answer' } as const;
export type TurnPoint = keyof typeof points;

/** What stands in the place of a message that a guard kept from the model. */
export const withheldMessage = '[withheld: a guard refused it]';

export function refusedTurn(point: TurnPoint, finding: Finding, callId: string): AssistantMessage {
  const { guard, rule, severity, message, remedy } = finding;
  const said = remedy === undefined ? message : `${message}; ${remedy}`;
  const what = point === 'beforeModel' ? 'The prompt was not sent' : 'The answer was not used';
  return {
    role: 'assistant',
    text: `[${what}: guard "${guard}" refused it by "${rule}": ${said}]`,
    calls: [
      { id: callId, name: `${point}:${guard}`, argumentsText: JSON.stringify({ guard, rule, severity, message }) },
    ],
    opaque: [],
  };
}

const callName = /^(beforeModel|afterModel):[a-z][a-z0-9-]{0,63}$/u;

/** What a call of such a turn says; undefined for any other call. The text may be anybody's: it names, and allows nothing. */
export function readRefusedTurn(name: string, argumentsText: string): { reason: string; finding: Finding } | undefined {
  const point = pointOf(name);
  const finding = point && findingOf(argumentsText);
  if (!finding) return undefined;
  const reason = `guard ${finding.guard} refused the ${points[point]} of this turn (${finding.rule}): ${finding.message}`;
  return { reason: reason.slice(0, 500), finding };
}

/** Which messages no model is shown: what came in before a prompt that was refused. */
export function withheldMessages(messages: readonly Message[]): ReadonlySet<Message> {
  const withheld = new Set<Message>();
  let incoming: Message[] = [];
  for (const message of messages) {
    if (message.role !== 'assistant') {
      // A summary covers what the model was shown before; it never is what a prompt was refused for.
      if (message.role !== 'summary') incoming.push(message);
      continue;
    }
    if (message.calls.some(({ name }) => pointOf(name) === 'beforeModel'))
      for (const one of incoming) withheld.add(one);
    incoming = [];
  }
  return withheld;
}

function pointOf(name: string): TurnPoint | undefined {
  const point = callName.exec(name)?.[1];
  return point === 'beforeModel' || point === 'afterModel' ? point : undefined;
}

function findingOf(text: string): Finding | undefined {
  try {
    return findingSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
