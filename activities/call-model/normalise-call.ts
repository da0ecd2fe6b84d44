/**
 * One call as the model wrote it, made fit to be recorded. What is broken is kept broken on purpose: a missing name or
 * unreadable arguments are written in a form that no tool and no JSON parser accepts, so the gate refuses and says why.
 */
import type { ModelCall } from '../../core/contracts/message.ts';
import type { AnswerPart } from './adapter.ts';

export interface CallPlace {
  turn: number;
  index: number;
  usedIds: ReadonlySet<string>;
  /** Bytes of UTF-8 left for arguments. */
  room: number;
}

const maximumId = 200;
const maximumName = 200;

export function normaliseCall(
  part: Extract<AnswerPart, { kind: 'call' }>,
  place: CallPlace,
): { call: ModelCall; problems: string[] } {
  const problems: string[] = [];
  const call = {
    id: idOf(part.id, place, problems),
    name: nameOf(part.name, problems),
    argumentsText: argumentsOf(part, place.room, problems),
  };
  return { call, problems: problems.map((problem) => `call ${place.index}: ${problem}`) };
}

function idOf(id: unknown, place: CallPlace, problems: string[]): string {
  if (typeof id === 'string' && id !== '' && id.length <= maximumId && id.isWellFormed() && !place.usedIds.has(id)) {
    return id;
  }
  problems.push(typeof id === 'string' && place.usedIds.has(id) ? 'its id was used before' : 'it has no usable id');
  // Deterministic, so that the same answer read twice gives the same message.
  let own = `call-${place.turn}-${place.index}`;
  while (place.usedIds.has(own)) own += '-again';
  return own;
}

function nameOf(name: unknown, problems: string[]): string {
  if (typeof name !== 'string' || name === '') {
    problems.push('it names no tool');
    return '(no name)';
  }
  if (name.includes(':')) problems.push('its tool’s name holds a colon');
  if (name.length > maximumName) problems.push(`its tool’s name is longer than ${maximumName} characters`);
  // Still no tool's name: those have at most 64 characters of ASCII. A colon is in names of ours: nobody else writes those.
  return name.slice(0, maximumName).replaceAll(':', ';').toWellFormed();
}

function argumentsOf(part: Extract<AnswerPart, { kind: 'call' }>, room: number, problems: string[]): string {
  const { arguments: written } = part;
  if (typeof written !== 'string') {
    problems.push('its arguments are not a string of JSON');
    return 'not a string of JSON';
  }
  if (!written.isWellFormed()) {
    problems.push('its arguments hold a lone surrogate');
    return 'not well-formed Unicode';
  }
  if (Buffer.byteLength(written) > room) {
    problems.push('its arguments are too long to be recorded');
    return 'too long to be recorded';
  }
  if (!part.complete) {
    problems.push('it was cut off before it was complete');
    return `cut off: ${written}`;
  }
  return written;
}
