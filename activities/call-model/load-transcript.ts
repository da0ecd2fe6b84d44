/**
 * The messages that `{ head, count }` names: from the process's cache, the newest from the activity's own input, and by
 * one query to the run itself for what is lacking. Nothing is returned whose hash chain does not end in `head`: a stale cache or a forged answer to the query
 * (anyone with namespace access can answer queries) must not become what the model is told.
 */
import { z } from 'zod';
import { type Message, messageSchema } from '../../core/contracts/message.ts';
import type { TranscriptHead } from '../../core/transcript.ts';
import { failure, toFailure } from './model-failure.ts';
import { type CachedTranscript, endsIn, extended, noTranscript, type TranscriptCache } from './transcript-cache.ts';

/** Asks the run's own workflow for its messages from an index to the end. */
export type QueryTranscript = (
  workflowId: string,
  linkRunId: string,
  from: number,
) => Promise<{ messages: Message[]; head: string; count: number }>;

export interface TranscriptSource {
  queryTranscript: QueryTranscript;
  cache: TranscriptCache;
}

const messagesSchema = z.array(messageSchema);

/** @throws {ApplicationFailure} `record-invalid` when no source has that chain; the port's own code when the query fails. */
export async function loadTranscript(
  source: TranscriptSource,
  run: { workflowId: string; linkRunId: string },
  expected: TranscriptHead,
  tail: unknown = [],
): Promise<CachedTranscript> {
  const cached = source.cache.get(run.workflowId) ?? noTranscript;
  if (endsIn(cached, expected)) return upTo(cached, expected.count);
  const continued = withTail(cached, tail, expected);
  if (continued) {
    source.cache.put(run.workflowId, continued);
    return continued;
  }
  // A cached chain at least as long that does not pass through the head is another chain (compaction, reset).
  const bases =
    cached.messages.length > 0 && cached.messages.length < expected.count ? [cached, noTranscript] : [noTranscript];
  for (const base of bases) {
    const chain = await fetched(source, run, base, expected.count);
    if (chain && endsIn(chain, expected)) {
      source.cache.put(run.workflowId, chain);
      return chain;
    }
  }
  source.cache.delete(run.workflowId);
  throw failure(
    'record-invalid',
    `Cannot load the transcript of ${JSON.stringify(run.workflowId)}: its messages do not end in the head of this turn, expected ${expected.count} messages ending in ${expected.head}`,
  );
}

/** The cached chain and the messages handed over; undefined where that is not the chain asked for. */
function withTail(cached: CachedTranscript, tail: unknown, expected: TranscriptHead): CachedTranscript | undefined {
  const parsed = messagesSchema.safeParse(tail);
  if (!parsed.success || parsed.data.length === 0) return undefined;
  const before = expected.count - parsed.data.length;
  if (before < 0 || cached.messages.length < before) return undefined;
  const chain = extendedOrNull(upTo(cached, before), parsed.data);
  return chain && endsIn(chain, expected) ? chain : undefined;
}

async function fetched(
  source: TranscriptSource,
  run: { workflowId: string; linkRunId: string },
  base: CachedTranscript,
  count: number,
): Promise<CachedTranscript | null> {
  const from = base.messages.length;
  let answer: { messages: unknown };
  try {
    answer = await source.queryTranscript(run.workflowId, run.linkRunId, from);
  } catch (error) {
    throw toFailure(error, 'server-unavailable', `query the transcript of ${JSON.stringify(run.workflowId)}`);
  }
  const parsed = messagesSchema.safeParse(answer.messages);
  if (!parsed.success || parsed.data.length < count - from) return null;
  return extendedOrNull(base, parsed.data.slice(0, count - from));
}

function extendedOrNull(base: CachedTranscript, messages: readonly Message[]): CachedTranscript | null {
  try {
    return extended(base, messages);
  } catch {
    return null; // Something that has no canonical form, so no recorded message.
  }
}

function upTo(transcript: CachedTranscript, count: number): CachedTranscript {
  if (transcript.messages.length === count) return transcript;
  return { messages: transcript.messages.slice(0, count), heads: transcript.heads.slice(0, count) };
}
