/**
 * Gathers what is recorded of a run, part by part in the order of the format: histories from the engine, one link in memory at
 * a time; decisions, cards, votes, orders, ledger and bodies from the store; and the public keys that these name. It verifies
 * nothing, and exports no API key, no other run's rows, nothing that nothing names.
 */
import { z } from 'zod';
import type { Look } from '../../core/contracts/look.ts';
import type { Telling } from '../../core/contracts/telling.ts';
import { type ExportPart, type ExportPartKind, exportPartSchema } from '../../core/contracts/export.ts';
import { digestJson, digestText } from '../../core/digest.ts';
import { CountersignError } from '../../core/errors.ts';
import type { KeyRegistry } from '../../core/envelope.ts';
import type { Store } from '../../store/store.ts';
import type { ServerSource } from '../fetch-chain.ts';
import { historyToJson } from '../history-source.ts';
import { originOf } from '../link-origin.ts';
import { endOf } from '../record-types.ts';
import { readRecord } from '../read-record.ts';
import { controlParts, grantsNamed } from './named-orders.ts';
import { bodyPart, type NamedThings, noteText, noteValue } from './named-things.ts';

export type ExportStore = Pick<
  Store,
  | 'getRun'
  | 'listDecisions'
  | 'listAsks'
  | 'votesByNonce'
  | 'looksOf'
  | 'tellingsOf'
  | 'listControl'
  | 'listLedger'
  | 'getBody'
>;

export interface ExportOptions {
  workflowId: string;
  source: Pick<ServerSource, 'walk' | 'link'>;
  /** Without it histories alone are exported, and the summary says so. */
  store?: ExportStore | undefined;
  registry: Pick<KeyRegistry, 'keyByKid'>;
  /** Of the key that will sign the file: its public half is in it, as those of all others. */
  signerKid: string;
}

export interface ExportSummary {
  /** How many parts of each kind. */
  parts: Record<ExportPartKind, number>;
  /** `cut`: terminated or timed out. `unknown`: there is no history to say it. */
  state: 'ended' | 'open' | 'cut' | 'unknown';
  /** What should be there and is not, in words. */
  missing: string[];
}

export interface GatheredParts {
  parts: AsyncIterable<ExportPart>;
  /** Whole when `parts` has ended. */
  summary(): ExportSummary;
}

export function gatherParts(options: ExportOptions): GatheredParts {
  const summary: ExportSummary = {
    parts: {
      link: 0,
      event: 0,
      decision: 0,
      card: 0,
      vote: 0,
      look: 0,
      telling: 0,
      control: 0,
      ledger: 0,
      body: 0,
      key: 0,
    },
    state: 'unknown',
    missing: [],
  };
  const counted = async function* (): AsyncGenerator<ExportPart> {
    for await (const part of allParts(options, summary)) {
      summary.parts[part.part] += 1;
      yield part;
    }
  };
  return { parts: counted(), summary: () => summary };
}

async function* allParts(options: ExportOptions, summary: ExportSummary): AsyncGenerator<ExportPart> {
  const named: NamedThings = { kids: new Set([options.signerKid]), bodies: new Map() };
  for await (const part of historyParts(options, summary, named)) yield part;
  const { store } = options;
  if (store) yield* storeParts(options.workflowId, store, summary, named);
  else summary.missing.push('everything that the store holds: it was left out, or there is none');
  const kids = [...named.kids].toSorted(inOrder);
  for (const key of kids.flatMap((kid) => options.registry.keyByKid(kid) ?? [])) yield { part: 'key', key };
}

/** A walk finds the links in another order than that of the format: the second reading is what is written. */
async function* historyParts(
  { workflowId, source }: ExportOptions,
  summary: ExportSummary,
  named: NamedThings,
): AsyncGenerator<ExportPart> {
  const found: string[] = [];
  for await (const { linkRunId, link } of source.walk(workflowId)) {
    if (link) found.push(linkRunId);
    else summary.missing.push(`the history of link ${linkRunId}: the engine does not have it (any more)`);
  }
  const ends = new Map<string, { previousRunId: string | null; how: string | null }>();
  for (const linkRunId of found.toSorted(inOrder)) {
    const link = await source.link(workflowId, linkRunId);
    if (!link) {
      summary.missing.push(`the history of link ${linkRunId}: it went away during the export`);
      continue;
    }
    const [record] = readRecord(workflowId, [link]).links;
    const how = (record && endOf(record)?.how) ?? null;
    ends.set(linkRunId, { previousRunId: originOf(link).previousRunId, how });
    yield { part: 'link', linkRunId };
    for (const event of historyJson.parse(historyToJson(link.history)).events) {
      noteValue(named, event);
      yield { part: 'event', event };
    }
  }
  if (ends.size === 0) summary.missing.push('every history: retention ended it, or somebody deleted it');
  summary.state = stateOf([...ends].map(([linkRunId, end]) => ({ linkRunId, ...end })));
}

const historyJson = z.looseObject({ events: z.array(z.record(z.string(), z.unknown())).default([]) });

function stateOf(
  links: readonly { linkRunId: string; previousRunId: string | null; how: string | null }[],
): ExportSummary['state'] {
  if (links.length === 0) return 'unknown';
  if (links.some(({ how }) => how === null)) return 'open';
  const newest = links.filter(({ linkRunId }) => !links.some(({ previousRunId }) => previousRunId === linkRunId));
  if (newest.some(({ how }) => how === 'continued-as-new')) return 'open';
  return newest.every(({ how }) => how === 'terminated' || how === 'timed-out') ? 'cut' : 'ended';
}

const ledgerPage = 1000;
const allAsks = 1_000_000;

async function* storeParts(
  workflowId: string,
  store: ExportStore,
  summary: ExportSummary,
  named: NamedThings,
): AsyncGenerator<ExportPart> {
  const run = await store.getRun(workflowId);
  if (!run) summary.missing.push('everything that the store holds: it does not know this run');
  const decisions = await store.listDecisions(workflowId);
  const asks = await store.listAsks({ workflowId, limit: allAsks });
  const votes = [];
  const nonces = new Set([...asks, ...grantsNamed(decisions)].map(({ nonce }) => nonce));
  for (const nonce of nonces) votes.push(...(await store.votesByNonce(nonce)));
  const looks: Look[] = [];
  const tellings: Telling[] = [];
  for (const { nonce } of asks) {
    looks.push(...(await store.looksOf(nonce)));
    tellings.push(...(await store.tellingsOf(nonce)));
  }
  const small: ExportPart[] = [
    ...sorted(
      decisions.map((decision) => ({ part: 'decision', decision }) as const),
      ({ decision }) => digestJson('decision', decision),
    ),
    ...sorted(
      asks.map(({ card }) => ({ part: 'card', card }) as const),
      ({ card }) => digestText('card', card),
    ),
    ...sorted(
      votes.map(({ vote }) => ({ part: 'vote', vote }) as const),
      ({ vote }) => digestJson('vote', vote),
    ),
    ...sorted(
      looks.map((look) => ({ part: 'look', look }) as const),
      ({ look }) => digestJson('body', look),
    ),
    ...sorted(
      tellings.map((telling) => ({ part: 'telling', telling }) as const),
      ({ telling }) => digestJson('body', telling),
    ),
    ...(await controlParts(store, workflowId, run?.ticket.body.agent ?? null, decisions)),
  ];
  for (const part of small) {
    noteText(named, JSON.stringify(part));
    yield part;
  }
  for (let after = 0; ; ) {
    const entries = await store.listLedger({ workflowId, after, limit: ledgerPage });
    for (const { sequence, kind, callKey, body, at } of entries) {
      noteText(named, JSON.stringify(body));
      yield readable(workflowId, { part: 'ledger', sequence, kind, callKey, body, at });
    }
    const last = entries.at(-1);
    if (!last || entries.length < ledgerPage) break;
    after = last.sequence;
  }
  for (const [digest, what] of [...named.bodies].toSorted(([one], [other]) => inOrder(one, other))) {
    const body = await bodyPart(store, digest);
    if (body) yield body;
    else if (what !== null) summary.missing.push(`${what} ${digest}: the store does not have it, or it is damaged`);
  }
}

/** A row is as whoever writes the database left it: what no reader of the file would take is not signed. */
function readable(workflowId: string, part: Extract<ExportPart, { part: 'ledger' }>): ExportPart {
  if (exportPartSchema.safeParse(part).success) return part;
  throw new CountersignError(
    'record-invalid',
    `Cannot export run "${workflowId}": row ${part.sequence} of its ledger has another shape, expected what this store wrote; restore the database from a backup, or export the histories alone with --no-store`,
  );
}

function sorted<T>(values: readonly T[], keyOf: (value: T) => string): T[] {
  const byKey = new Map(values.map((value) => [keyOf(value), value]));
  return [...byKey].toSorted(([one], [other]) => inOrder(one, other)).map(([, value]) => value);
}

/** By UTF-16 units, as the reader compares. */
function inOrder(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
