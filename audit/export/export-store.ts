/**
 * The store as an export holds it, for the same checks that a replay of a run makes against the real one. It answers from the
 * file alone, and what the file says of a run is in its ledger.
 */
import { z } from 'zod';
import { signedTicketSchema } from '../../core/contracts/ticket.ts';
import { digestJson } from '../../core/digest.ts';
import type { AuditStore } from '../open-record.ts';
import type { ExportRead } from './read-export.ts';

const opening = z.looseObject({ linkRunId: z.string(), ticketDigest: z.string(), ticket: signedTicketSchema });
const registration = z.looseObject({ linkRunId: z.string() });

/** Undefined where the file holds nothing of a store: it was exported without one. */
export function storeOfExport(read: ExportRead): AuditStore | undefined {
  const { decisions, cards, votes, looks, tellings, controls, ledger, bodies } = read;
  const held =
    [decisions, votes, looks, tellings, controls, ledger].some((rows) => rows.length > 0) ||
    cards.size > 0 ||
    bodies.size > 0;
  if (!held) return undefined;
  const own = (workflowId: string | undefined): boolean => workflowId === read.workflowId;
  const entries = ledger.map(({ part: _, ...entry }) => ({ ...entry, workflowId: read.workflowId }));
  return {
    getRun: async (workflowId) => (own(workflowId) ? runOf(read) : null),
    listDecisions: async (workflowId) => (own(workflowId) ? decisions : []),
    votesByNonce: async (nonce) => votes.flatMap((vote) => (vote.body.nonce === nonce ? [{ vote }] : [])),
    looksOf: async (nonce) => looks.filter((look) => look.nonce === nonce),
    tellingsOf: async (nonce) => tellings.filter((telling) => telling.nonce === nonce),
    getBody: async (digest) => bodies.get(digest) ?? null,
    listControl: async (kinds) => controls.filter(({ body }) => kinds.includes(body.kind)),
    listLedger: async ({ workflowId, after = 0, limit }) =>
      own(workflowId) ? entries.filter(({ sequence }) => sequence > after).slice(0, limit) : [],
    listAsks: async ({ workflowId }) =>
      decisions.flatMap((ask) => {
        const card = ask.body.verdict === 'ask' ? cards.get(ask.body.ask.cardDigest) : undefined;
        return own(workflowId) && card !== undefined ? [{ ask, card }] : [];
      }),
  };
}

function runOf({ ledger }: ExportRead): Awaited<ReturnType<AuditStore['getRun']>> {
  const opened = opening.safeParse(ledger.find(({ kind }) => kind === 'run-opened')?.body).data;
  if (!opened) return null;
  const links = ledger.flatMap(({ kind, body }) =>
    kind === 'link-registered' ? (registration.safeParse(body).data?.linkRunId ?? []) : [],
  );
  return {
    ticketDigest: digestJson('ticket', opened.ticket),
    firstLinkRunId: opened.linkRunId,
    lastLinkRunId: links.at(-1) ?? opened.linkRunId,
  };
}
