/**
 * Messages of runs, kept in this process so that a turn need not fetch them again: least recently used first out, bounded
 * by bytes. Never trusted: whoever reads it checks the hash chain against the head the workflow named.
 */
import type { Message } from '../../core/contracts/message.ts';
import { emptyTranscript, extendTranscript } from '../../core/transcript.ts';

/** A chain of messages; `heads[i]` is the head after `messages[i]`. */
export interface CachedTranscript {
  messages: readonly Message[];
  heads: readonly string[];
}

export interface TranscriptCache {
  get(workflowId: string): CachedTranscript | undefined;
  put(workflowId: string, transcript: CachedTranscript): void;
  delete(workflowId: string): void;
}

const defaultMaximumBytes = 64 * 1024 * 1024;

export const noTranscript: CachedTranscript = { messages: [], heads: [] };

/** Continues a chain; shares nothing mutable with the one before. */
export function extended(before: CachedTranscript, messages: readonly Message[]): CachedTranscript {
  let end = { head: before.heads.at(-1) ?? emptyTranscript.head, count: before.messages.length };
  const heads = [...before.heads];
  for (const message of messages) {
    end = extendTranscript(end, message);
    heads.push(end.head);
  }
  return { messages: [...before.messages, ...messages], heads };
}

/** Whether the chain's first `count` messages end in `head`. */
export function endsIn(transcript: CachedTranscript, expected: { head: string; count: number }): boolean {
  if (expected.count === 0) return expected.head === emptyTranscript.head;
  return transcript.heads[expected.count - 1] === expected.head;
}

/** @param settings maximumBytes: UTF-16 bytes of the messages' JSON, all runs together; default 64 MiB. */
export function createTranscriptCache(settings: { maximumBytes?: number } = {}): TranscriptCache {
  const maximumBytes = settings.maximumBytes ?? defaultMaximumBytes;
  const sizes = new WeakMap<Message, number>();
  // A Map iterates in order of insertion: re-inserting on use keeps the least recently used first.
  const entries = new Map<string, { transcript: CachedTranscript; bytes: number }>();
  let bytes = 0;

  function sizeOf(message: Message): number {
    const size = sizes.get(message) ?? JSON.stringify(message).length * 2 + 200;
    sizes.set(message, size);
    return size;
  }
  function remove(workflowId: string): void {
    bytes -= entries.get(workflowId)?.bytes ?? 0;
    entries.delete(workflowId);
  }
  return {
    get(workflowId) {
      const entry = entries.get(workflowId);
      if (!entry) return undefined;
      entries.delete(workflowId);
      entries.set(workflowId, entry);
      return entry.transcript;
    },
    put(workflowId, transcript) {
      remove(workflowId);
      const size = transcript.messages.reduce((sum, message) => sum + sizeOf(message), 0);
      if (size > maximumBytes) return;
      entries.set(workflowId, { transcript, bytes: size });
      bytes += size;
      for (const oldest of entries.keys()) {
        if (bytes <= maximumBytes) break;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
