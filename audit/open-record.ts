/**
 * Opens everything signed in a record, once: ticket, decisions, votes, receipts. What does not verify is a failed check and is
 * left out of all that follows, so that no later check rests on it.
 */
import { type SignedVote, signedVoteSchema } from '../core/contracts/approval.ts';
import { type DecisionBody, type SignedDecision, signedDecisionSchema } from '../core/contracts/decision.ts';
import type { Look } from '../core/contracts/look.ts';
import type { Telling } from '../core/contracts/telling.ts';
import type { Signed } from '../core/contracts/envelope.ts';
import { type SignedReceipt, signedReceiptSchema } from '../core/contracts/receipt.ts';
import { type SignedTicket, signedTicketSchema } from '../core/contracts/ticket.ts';
import { digestJson, digestText } from '../core/digest.ts';
import { type KeyRegistry, openEnvelope, type OpenOptions } from '../core/envelope.ts';
import type { AskRow, ReviewRow, RunRow, Store, StoredVote } from '../store/store.ts';
import type { CheckId, Checks } from './checks.ts';
import {
  type CheckRead,
  readCheckResult,
  readRunInput,
  readRunToolInput,
  readRunToolResult,
  readVerifiedVotes,
  type RunToolRead,
} from './read-results.ts';
import { type ActivityEntry, entriesOf, type LocalEntry, type Place, type RunRecord } from './record-types.ts';

/** What of the store a verifier reads; it never writes. An export answers as much. */
export interface AuditStore
  extends Pick<Store, 'listDecisions' | 'getBody' | 'listLedger' | 'listControl' | 'looksOf' | 'tellingsOf'> {
  getRun(workflowId: string): Promise<Pick<RunRow, 'ticketDigest' | 'firstLinkRunId' | 'lastLinkRunId'> | null>;
  votesByNonce(nonce: string): Promise<Pick<StoredVote, 'vote'>[]>;
  listAsks(filter: { workflowId: string; limit: number }): Promise<Pick<AskRow, 'ask' | 'card'>[]>;
  /** Absent: a file, which does not hold them. */
  getReview?(nonce: string): Promise<ReviewRow | null>;
}

export interface OpeningOptions {
  registry: KeyRegistry;
  audience: string;
  checks: Checks;
  store?: AuditStore | undefined;
}

export interface OpenedDecision {
  entry: LocalEntry;
  signed: SignedDecision;
  body: DecisionBody;
  digest: string;
  result: Extract<CheckRead, { kind: 'decided' | 'reconciled' }>;
}

export interface OpenedVote {
  vote: SignedVote;
  digest: string;
  /** Marker that says it was checked; null for one that was only handed on or comes from the store. */
  entry: LocalEntry | null;
}

export interface OpenedReceipt {
  receipt: SignedReceipt;
  digest: string;
  place: Place;
  output: { text: string; truncated: boolean; bodyDigest: string | null };
}

export interface OpenedExecution {
  entry: ActivityEntry;
  permit: SignedDecision | null;
  permitDigest: string | null;
  arguments: string | null;
  result: RunToolRead | null;
}

export interface OpenedRecord {
  record: RunRecord;
  ticket: SignedTicket | null;
  decisions: OpenedDecision[];
  decisionByDigest: Map<string, OpenedDecision>;
  /** By digest, verified. */
  votes: Map<string, OpenedVote>;
  receipts: OpenedReceipt[];
  executions: OpenedExecution[];
  /** Notes of who looked at a request, by its nonce, that can be true; nobody signs them. Empty without a store. */
  looks: Map<string, Look[]>;
  /** The same, of who was told. */
  tellings: Map<string, Telling[]>;
}

export function openRecord(record: RunRecord, options: OpeningOptions): OpenedRecord {
  const decisions = openDecisions(record, options);
  const executions = openExecutions(record, options);
  return {
    record,
    ticket: openTicket(record, options),
    decisions,
    decisionByDigest: new Map(decisions.map((decision) => [decision.digest, decision])),
    votes: openVotes(record, options),
    receipts: openReceipts(record, executions, options),
    executions,
    looks: new Map(),
    tellings: new Map(),
  };
}

function openAs<T extends Signed>(
  { registry, audience, checks }: OpeningOptions,
  check: CheckId,
  place: Place | null,
  schema: OpenOptions<T>['schema'],
  value: unknown,
): T | null {
  const opened = openEnvelope(value, { schema, audience, registry, now: null });
  const failure = opened.kind === 'rejected' ? opened.failure : '';
  checks.expect(check, opened.kind === 'opened', place, `the signature does not verify: ${failure}`);
  return opened.kind === 'opened' ? opened.signed : null;
}

function openTicket(record: RunRecord, options: OpeningOptions): SignedTicket | null {
  const { checks } = options;
  const [first] = record.links;
  let ticket: SignedTicket | null = null;
  for (const link of record.links) {
    const place = { link: link.origin.linkRunId, eventId: 1 };
    const input = readRunInput(link.input[0]);
    if (!checks.expect('shape', input !== undefined, place, 'the input of the run has another shape')) continue;
    const opened = openAs(options, 'ticket', place, signedTicketSchema, input?.ticket);
    if (!opened) continue;
    checks.expect('ticket', opened.body.workflowId === record.workflowId, place, 'the ticket is for another run');
    if (ticket) {
      const same = digestJson('ticket', ticket) === digestJson('ticket', opened);
      checks.expect('ticket', same, place, 'the ticket is not that of the link before');
    }
    ticket ??= opened;
    if (link === first && link.origin.kind !== 'continued') {
      const fits = typeof input?.input === 'string' && digestText('input', input.input) === opened.body.inputDigest;
      checks.expect('ticket', fits, place, 'the ticket is for another input');
    }
  }
  return ticket;
}

function openDecisions(record: RunRecord, options: OpeningOptions): OpenedDecision[] {
  return entriesOf(record.links, 'local').flatMap((entry) => {
    if (entry.activityType !== 'checkCall' || entry.failed) return [];
    const result = readCheckResult(entry.result);
    options.checks.expect('shape', result !== undefined, entry, 'the gate’s answer has another shape');
    if (result?.kind !== 'decided' && result?.kind !== 'reconciled') return [];
    const signed = openAs(options, 'decision-signature', entry, signedDecisionSchema, result.decision);
    return signed ? [{ entry, signed, body: signed.body, digest: digestJson('decision', signed), result }] : [];
  });
}

function openVotes(record: RunRecord, options: OpeningOptions): Map<string, OpenedVote> {
  const votes = new Map<string, OpenedVote>();
  for (const entry of entriesOf(record.links, 'local')) {
    if (entry.failed) continue;
    if (entry.activityType === 'verifyVotes') {
      const answers = readVerifiedVotes(entry.result);
      options.checks.expect('shape', answers !== undefined, entry, 'the answer about votes has another shape');
      for (const answer of answers ?? []) {
        if (answer.kind !== 'valid') continue;
        const vote = openAs(options, 'vote-signature', entry, signedVoteSchema, answer.vote);
        if (!vote) continue;
        const digest = digestJson('vote', vote);
        options.checks.expect('vote-signature', digest === answer.digest, entry, 'the vote has another digest');
        votes.set(digest, votes.get(digest) ?? { vote, digest, entry });
      }
    }
    if (entry.activityType === 'checkCall') {
      const result = readCheckResult(entry.result);
      for (const value of result?.kind === 'decided' ? result.votes : []) {
        const vote = openAs(options, 'vote-signature', entry, signedVoteSchema, value);
        if (vote) addVote(votes, vote);
      }
    }
  }
  for (const entry of entriesOf(record.links, 'activity')) {
    if (entry.activityType !== 'runTool') continue;
    for (const value of readRunToolInput(entry.input[0])?.votes ?? []) {
      const vote = openAs(options, 'vote-signature', entry, signedVoteSchema, value);
      if (vote) addVote(votes, vote);
    }
  }
  return votes;
}

function addVote(votes: Map<string, OpenedVote>, vote: SignedVote): void {
  const digest = digestJson('vote', vote);
  if (!votes.has(digest)) votes.set(digest, { vote, digest, entry: null });
}

function openExecutions(record: RunRecord, options: OpeningOptions): OpenedExecution[] {
  const { checks } = options;
  return entriesOf(record.links, 'activity').flatMap((entry) => {
    if (entry.activityType !== 'runTool') return [];
    const input = readRunToolInput(entry.input[0]);
    checks.expect('shape', input !== undefined, entry, 'the input of an execution has another shape');
    const permit = input ? openAs(options, 'decision-signature', entry, signedDecisionSchema, input.permit) : null;
    const result = entry.end?.kind === 'completed' ? readRunToolResult(entry.end.result) : undefined;
    if (entry.end?.kind === 'completed')
      checks.expect('shape', result !== undefined, entry, 'the result of an execution has another shape');
    const permitDigest = permit ? digestJson('decision', permit) : null;
    return [{ entry, permit, permitDigest, arguments: input?.arguments ?? null, result: result ?? null }];
  });
}

function openReceipts(
  record: RunRecord,
  executions: readonly OpenedExecution[],
  options: OpeningOptions,
): OpenedReceipt[] {
  const executed = executions.flatMap(({ entry, result }) =>
    result?.kind === 'receipt'
      ? [{ place: { link: entry.link, eventId: entry.endEventId ?? entry.eventId }, said: result }]
      : [],
  );
  const settled = entriesOf(record.links, 'local').flatMap((entry) => {
    if (entry.activityType !== 'checkCall' || entry.failed) return [];
    const result = readCheckResult(entry.result);
    return result?.kind === 'settled' ? [{ place: { link: entry.link, eventId: entry.eventId }, said: result }] : [];
  });
  return [...executed, ...settled].flatMap(({ place, said }) => {
    const receipt = openAs(options, 'receipt-signature', place, signedReceiptSchema, said.receipt);
    const sameTry = said.kind === 'receipt' || receipt?.body.try === said.try;
    options.checks.expect('receipt-permit', sameTry, place, 'the run was told of another try than the receipt is for');
    return receipt ? [{ receipt, digest: digestJson('receipt', receipt), place, output: said.output }] : [];
  });
}
