/**
 * All links of a run from the Temporal server: from the newest back through continue-as-new and resets, and any other that
 * visibility or the store's ledger names. A link that the server no longer has is left out; the checks then say so.
 */
import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import type { TemporalDoor } from '../client/temporal-door.ts';
import { CountersignError, hasErrorCode, messageOf } from '../core/errors.ts';
import type { Store } from '../store/store.ts';
import type { History, HistoryEvent, HistorySource, LinkHistory } from './history-source.ts';
import { numberOf, originOf } from './link-origin.ts';

export interface ServerSourceOptions {
  door: Pick<TemporalDoor, 'client' | 'namespace'>;
  /** Names links that the server's own chain no longer leads to. */
  store?: Pick<Store, 'listLedger'>;
}

const grpcNotFound = 5;
const ledgerPage = 1000;
const registeredLink = z.looseObject({ linkRunId: z.string() });

export interface ServerSource extends HistorySource {
  /**
   * All links, each once, in the order in which they are found; only one is in memory at a time.
   *
   * @throws {CountersignError} `server-unavailable`
   */
  walk(workflowId: string): AsyncGenerator<FoundLink>;
  /** Null where the server does not have it. @throws {CountersignError} `server-unavailable` */
  link(workflowId: string, linkRunId: string): Promise<LinkHistory | null>;
}

/** A link that something names; without its history where the server no longer has it. */
export interface FoundLink {
  linkRunId: string;
  link: LinkHistory | null;
}

export function createServerSource(options: ServerSourceOptions): ServerSource {
  return {
    walk: (workflowId) => walkChain(options, workflowId),
    link: (workflowId, linkRunId) => fetchLink(options, workflowId, linkRunId),
    async links(workflowId) {
      const links: LinkHistory[] = [];
      for await (const { link } of walkChain(options, workflowId)) if (link) links.push(link);
      return links;
    },
  };
}

async function* walkChain(options: ServerSourceOptions, workflowId: string): AsyncGenerator<FoundLink> {
  const wanted = [
    ...(await newestLink(options, workflowId)),
    ...(await listedLinks(options, workflowId)),
    ...(await registeredLinks(options.store, workflowId)),
  ];
  const seen = new Set<string>();
  for (let linkRunId = wanted.shift(); linkRunId !== undefined; linkRunId = wanted.shift()) {
    if (seen.has(linkRunId)) continue;
    seen.add(linkRunId);
    const link = await fetchLink(options, workflowId, linkRunId);
    yield { linkRunId, link };
    if (!link) continue;
    const { previousRunId, nextRunId } = originOf(link);
    wanted.push(...[previousRunId, nextRunId].flatMap((id) => id ?? []));
  }
}

async function newestLink({ door }: ServerSourceOptions, workflowId: string): Promise<string[]> {
  const answer = await asked(`describe run "${workflowId}"`, () =>
    door.client.workflow.getHandle(workflowId).describe(),
  );
  return answer ? [answer.runId] : [];
}

/** Visibility lags and knows no order; it only adds. Ids of runs hold nothing that a query would have to quote. */
async function listedLinks({ door }: ServerSourceOptions, workflowId: string): Promise<string[]> {
  if (!/^[A-Za-z0-9-]+$/.test(workflowId)) return [];
  const found = await asked(`list the links of run "${workflowId}"`, async () => {
    const ids: string[] = [];
    for await (const info of door.client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) ids.push(info.runId);
    return ids;
  });
  return found ?? [];
}

async function registeredLinks(store: ServerSourceOptions['store'], workflowId: string): Promise<string[]> {
  // A row that somebody changed names no link; the checks of the store say so.
  const entries = await store?.listLedger({ workflowId, limit: ledgerPage }).catch((error: unknown) => {
    if (hasErrorCode(error, 'record-invalid')) return [];
    throw error;
  });
  return (entries ?? [])
    .filter(({ kind }) => kind === 'run-opened' || kind === 'link-registered')
    .flatMap(({ body }) => registeredLink.safeParse(body).data?.linkRunId ?? []);
}

async function fetchLink(
  { door }: ServerSourceOptions,
  workflowId: string,
  linkRunId: string,
): Promise<LinkHistory | null> {
  const history = await asked(`read the history of run "${workflowId}"`, () =>
    door.client.workflow.getHandle(workflowId, linkRunId).fetchHistory(),
  );
  return history ? { linkRunId, history: written(history) } : null;
}

/** Without the task that is tried again: the server shows it at the end, and writes it, and numbers it, only when it is over. */
function written(history: History): History {
  const events = history.events ?? [];
  const unwritten = (event: HistoryEvent): boolean =>
    numberOf(event.taskId) === 0 &&
    Boolean(event.workflowTaskScheduledEventAttributes ?? event.workflowTaskStartedEventAttributes);
  return { ...history, events: events.slice(0, events.findLastIndex((event) => !unwritten(event)) + 1) };
}

/** Undefined where the server knows no such link. @throws {CountersignError} `server-unavailable` */
async function asked<T>(action: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (isGrpcServiceError(error) && error.code === grpcNotFound) return undefined;
    throw new CountersignError(
      'server-unavailable',
      `Cannot ${action}: the Temporal server did not answer (${messageOf(error).slice(0, 200)}), expected its history; check its address and that it runs`,
      { cause: error },
    );
  }
}
