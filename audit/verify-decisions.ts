/** Decisions and requests: of this run, in an unbroken chain, with the terms that were signed, and each request with its end. */
import type { AskBody } from '../core/contracts/decision.ts';
import { digestJson, digestText } from '../core/digest.ts';
import type { Checks } from './checks.ts';
import type { OpenedDecision, OpenedRecord } from './open-record.ts';
import { readCheckResult } from './read-results.ts';
import { endOf, entriesOf } from './record-types.ts';
import { linksOfEntry, wasCut, wasCutFromOutside } from './verify-chain.ts';

export function verifyDecisions(opened: OpenedRecord, checks: Checks): void {
  for (const decision of opened.decisions) {
    verifyOwner(opened, decision, checks);
    verifyPrevious(opened, decision, checks);
    if (decision.body.verdict === 'ask') verifyAsk(decision, decision.body, checks);
  }
  verifyEffectClasses(opened, checks);
  for (const { decision, body } of asksOf(opened)) verifyOutcome(opened, decision, body, checks);
}

export interface OpenedAsk {
  decision: OpenedDecision;
  body: AskBody;
}

/** Each request once: a reset's history repeats those from before the fork. */
export function asksOf(opened: OpenedRecord): OpenedAsk[] {
  const byNonce = new Map<string, OpenedAsk>();
  for (const decision of opened.decisions) {
    const { body } = decision;
    if (body.verdict === 'ask' && !byNonce.has(body.ask.nonce)) byNonce.set(body.ask.nonce, { decision, body });
  }
  return [...byNonce.values()];
}

function verifyOwner(opened: OpenedRecord, { body, entry, result }: OpenedDecision, checks: Checks): void {
  const { record, ticket } = opened;
  const own = body.workflowId === record.workflowId && body.callKey.startsWith(`${record.workflowId}/`);
  checks.expect('decision-of-run', own, entry, 'the decision is of another run');
  const told = result.kind === 'decided' ? result.arguments : undefined;
  const sameArguments =
    told === undefined || (told === null ? null : digestText('arguments', told)) === body.argumentsDigest;
  checks.expect('decision-of-run', sameArguments, entry, 'the run was given other arguments than were decided on');
  const linked = linksOfEntry(record, entry).includes(body.linkRunId);
  checks.expect('decision-of-run', linked, entry, 'the decision is of another link');
  if (!ticket) return checks.skip('decision-of-run', entry, 'there is no ticket to compare with');
  const { principal, policyDigest, dryRun } = ticket.body;
  checks.expect('decision-of-run', body.principal === principal, entry, 'the decision is for another principal');
  checks.expect('decision-of-run', body.policyDigest === policyDigest, entry, 'the decision is by another policy');
  const executes = body.verdict === 'allow' && body.purpose === 'execute';
  checks.expect('decision-of-run', !(dryRun && executes), entry, 'a dry run has a permit to execute');
}

/** The first decision of a try names none; each later one names an earlier one of the same call and try. */
function verifyPrevious(opened: OpenedRecord, { body, entry }: OpenedDecision, checks: Checks): void {
  const before = opened.decisions.filter((one) => one.body.callKey === body.callKey && one.body.try === body.try);
  if (body.previousDecision === null) {
    const earlier = before.some((one) => one.entry.link === entry.link && one.entry.eventId < entry.eventId);
    checks.expect('decision-chain', !earlier, entry, 'the decision names none before it, and there is one');
    return;
  }
  const named = before.find((one) => one.digest === body.previousDecision);
  const later = named?.entry.link === entry.link && named.entry.eventId >= entry.eventId;
  checks.expect('decision-chain', named !== undefined && !later, entry, 'the decision before it is not in the record');
}

function verifyAsk({ entry, signed }: OpenedDecision, { ask, callKey }: AskBody, checks: Checks): void {
  const turn = callKey.slice(0, callKey.lastIndexOf('.') + 1);
  const fits =
    ask.termsDigest === digestJson('terms', ask.terms) &&
    ask.approvalId.startsWith(`${callKey}/`) &&
    ask.callKeys.includes(callKey) &&
    ask.callKeys.every((covered) => covered.startsWith(turn)) &&
    ask.askedAt === signed.issuedAt &&
    ask.deadlineAt === ask.askedAt + ask.terms.deadlineMs &&
    ask.executeWithinMs === ask.terms.executeWithinMs;
  checks.expect('ask', fits, entry, 'the request’s terms, times or names do not fit together');
}

/** What a tool is (its class, its time limit) is not signed with the decision; one definition cannot be two things. */
function verifyEffectClasses({ decisions }: OpenedRecord, checks: Checks): void {
  const known = new Map<string, { effect: string; startToCloseMs: number }>();
  for (const { body, result, entry } of decisions) {
    const { definitionDigest } = body.tool;
    if (result.kind !== 'decided' || !result.tool || definitionDigest === null) continue;
    const { effect, startToCloseMs } = known.get(definitionDigest) ?? result.tool;
    known.set(definitionDigest, { effect, startToCloseMs });
    checks.expect('effect-class', effect === result.tool.effect, entry, 'the same tool has another effect class here');
    const timed = startToCloseMs === result.tool.startToCloseMs;
    checks.expect('effect-class', timed, entry, 'the same tool has another time limit here');
  }
}

function verifyOutcome(opened: OpenedRecord, decision: OpenedDecision, body: AskBody, checks: Checks): void {
  const { entry } = decision;
  if (outcomeOfAsk(opened, decision, body)) return void checks.expect('ask-outcome', true, entry, '');
  const last = opened.record.links.at(-1);
  if (!last || !endOf(last)) return checks.skip('ask-outcome', entry, 'the request is still open');
  if (wasCutFromOutside(opened.record)) {
    const reason = 'the run was cut from outside while the request was open: what became of it is not in the record';
    return checks.skip('ask-outcome', entry, reason);
  }
  checks.expect('ask-outcome', false, entry, 'the run ended and the request has no outcome');
}

/** How a request ended, as decisions say; `withdrawn` where the run failed, was cancelled or was reset before. */
export function outcomeOfAsk(opened: OpenedRecord, decision: OpenedDecision, { ask, callKey }: AskBody): string | null {
  const closing = opened.decisions.find(
    ({ body }) =>
      (body.verdict === 'deny' && body.nonce === ask.nonce) ||
      (body.verdict === 'allow' && body.approval?.nonce === ask.nonce),
  );
  if (closing?.body.verdict === 'deny') return closing.body.outcome ?? 'superseded';
  if (closing) return 'approved';
  const { link, eventId } = decision.entry;
  const later = opened.decisions.some(
    (one) =>
      one.digest !== decision.digest &&
      one.body.callKey === callKey &&
      (one.entry.link !== link || one.entry.eventId > eventId),
  );
  const settled = opened.receipts.some((one) => one.receipt.body.callKey === callKey && isSettled(opened, one.place));
  if (later || settled) return 'superseded';
  return wasCut(opened.record, decision.entry) ? 'withdrawn' : null;
}

function isSettled({ record }: OpenedRecord, place: { link: string; eventId: number }): boolean {
  return entriesOf(record.links, 'local').some(
    (entry) =>
      entry.link === place.link && entry.eventId === place.eventId && readCheckResult(entry.result)?.kind === 'settled',
  );
}
