/**
 * The transcript's hash chain. The model activity is told `{ head, count }` only; whoever hands it messages must hand
 * exactly those, or the chain does not end in `head`.
 */
import type { Message } from './contracts/message.ts';
import { digestJson, digestText } from './digest.ts';

export interface TranscriptHead {
  head: string;
  count: number;
}

export const emptyTranscript: TranscriptHead = { head: digestText('transcript', ''), count: 0 };

export function extendTranscript(before: TranscriptHead, message: Message): TranscriptHead {
  return {
    head: digestText('transcript', `${before.head}\n${digestJson('message', message)}`),
    count: before.count + 1,
  };
}

export function transcriptHead(messages: readonly Message[], from: TranscriptHead = emptyTranscript): TranscriptHead {
  return messages.reduce(extendTranscript, from);
}
