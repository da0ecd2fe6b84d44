/**
 * The ledger against what was signed: its rows are written by the database's own processes and carry no signature, so each of
 * their fields is held against a ticket, a permit, a receipt or the history that determines it.
 */
import { type SignedDecision } from '../core/contracts/decision.ts';
import { digestJson } from '../core/digest.ts';
import { isBetween } from './clock-bound.ts';
import { neverOpened } from './never-opened.ts';
import { entriesOfKind, type OpenedEntry } from './ledger-entries.ts';
import type { OpenedRecord, OpeningOptions } from './open-record.ts';
import { readOpenResult } from './read-results.ts';
import { entriesOf, type LinkRecord } from './record-types.ts';
import { verifyClosing } from './verify-closing.ts';

type Kind<K extends OpenedEntry['kind']> = Extract<OpenedEntry, { kind: K }>;

/** @param decisions of the store, verified, by digest */
export function verifyLedger(
  opened: OpenedRecord,
  decisions: ReadonlyMap<string, SignedDecision>,
  entries: readonly OpenedEntry[],
  options: OpeningOptions,
): void {
  verifyOpening(opened, entriesOfKind(entries, 'run-opened'), options);
  verifyLinks(opened, entriesOfKind(entries, 'link-registered'), options);
  for (const intent of entriesOfKind(entries, 'intent')) verifyIntent(opened, decisions, intent, options);
  for (const receipt of entriesOfKind(entries, 'receipt')) verifyReceiptEntry(opened, decisions, receipt, options);
  verifyEffects(opened, entries, options);
  const registered = [...entriesOfKind(entries, 'run-opened'), ...entriesOfKind(entries, 'link-registered')];
  const inLedger = new Set(registered.map(({ body }) => body.linkRunId));
  verifyClosing(opened, entriesOfKind(entries, 'run-closed'), inLedger, options);
}

function verifyOpening(
  opened: OpenedRecord,
  openings: readonly Kind<'run-opened'>[],
  { checks }: OpeningOptions,
): void {
  const [opening] = openings;
  if (!opening && neverOpened(opened.record)) return;
  if (!checks.expect('store-ledger', opening !== undefined, null, 'the ledger does not say that the run was opened'))
    return;
  checks.expect('store-ledger', openings.length === 1, null, 'the run was opened more than once');
  if (!opening) return;
  const { linkRunId, ticketDigest, ticket } = opening.body;
  const own = ticketDigest === digestJson('ticket', ticket) && ticket.body.workflowId === opened.record.workflowId;
  checks.expect('store-ledger', own && opening.callKey === null, null, 'the run was opened with another ticket');
  const inTime = isBetween(opening.at, ticket.issuedAt, ticket.expiresAt ?? null);
  checks.expect('store-ledger', inTime, null, 'the run was opened outside its ticket’s time');
  if (opened.ticket) {
    const same = ticketDigest === digestJson('ticket', opened.ticket);
    checks.expect('store-ledger', same, null, 'the run was opened with another ticket than its history has');
  }
  const [first] = opened.record.links;
  if (first) checks.expect('store-ledger', linkRunId === first.origin.firstRunId, null, 'another link opened the run');
}

/** A link that opened in the history is registered, and none is registered that another link does not lead to. */
function verifyLinks(
  { record }: OpenedRecord,
  registrations: readonly Kind<'link-registered'>[],
  { checks }: OpeningOptions,
): void {
  const first = record.links[0]?.origin.firstRunId;
  // A reset that continued as new before the store heard of it: for the store the next link is the reset.
  const isHeardOf = (linkRunId: string | null): boolean =>
    linkRunId === first || registrations.some(({ body }) => body.linkRunId === linkRunId);
  for (const link of record.links) {
    const epoch = openedEpoch(link);
    if (epoch === null) continue;
    const place = { link: link.origin.linkRunId, eventId: 1 };
    if (link.origin.kind === 'first') {
      checks.expect('store-ledger', epoch === 0, place, 'the first link opened in a later epoch');
      continue;
    }
    const own = registrations.filter(({ body }) => body.linkRunId === link.origin.linkRunId);
    if (!checks.expect('store-ledger', own.length === 1, place, 'the ledger does not know this link, or twice'))
      continue;
    const kind = link.origin.kind === 'reset' || !isHeardOf(link.origin.previousRunId) ? 'reset' : 'successor';
    const [entry] = own;
    const fits = entry?.body.kind === kind && entry.body.runEpoch === epoch && entry.callKey === null;
    const known = `the ledger knows this link as a ${entry?.body.kind} of epoch ${entry?.body.runEpoch}`;
    checks.expect(
      'store-ledger',
      fits,
      place,
      `${known}, expected a ${kind} of epoch ${epoch} that no call registered`,
    );
    const inTime = entry !== undefined && isBetween(entry.at, link.startedAt, lastAt(link));
    checks.expect(
      'store-ledger',
      inTime || link.origin.kind === 'reset',
      place,
      'the link was registered at another time',
    );
  }
  for (const { body } of registrations) {
    const known = record.links.some(({ origin }) => origin.linkRunId === body.linkRunId);
    if (!known && record.links.length > 0)
      checks.skip('chain', null, 'a link that the ledger knows is not in the record');
    const before = [
      ...record.links.map(({ origin }) => origin.linkRunId),
      ...registrations.map((one) => one.body.linkRunId),
    ];
    const leads = before.includes(body.previousLinkRunId) && body.previousLinkRunId !== body.linkRunId;
    checks.expect(
      'store-ledger',
      leads || record.links.length === 0,
      null,
      'a link is registered behind one that nobody knows',
    );
  }
}

/** Run epoch as the link's own opening says; null where it never opened by itself. */
function openedEpoch(link: LinkRecord): number | null {
  const own = entriesOf([link], 'local').filter((entry) => entry.activityType === 'openRun' && !entry.copied);
  const opened = own.map((entry) => readOpenResult(entry.result)).find((result) => result?.kind === 'opened');
  return opened?.kind === 'opened' ? opened.runEpoch : null;
}

function lastAt(link: LinkRecord): number {
  return Math.max(link.startedAt, ...link.entries.map(({ at }) => at));
}

function verifyIntent(
  opened: OpenedRecord,
  decisions: ReadonlyMap<string, SignedDecision>,
  { body, callKey, at }: Kind<'intent'>,
  { checks }: OpeningOptions,
): void {
  const permit = decisions.get(body.permitDigest);
  if (!checks.expect('store-ledger', permit?.body.verdict === 'allow', null, 'an intent names no permit of the store'))
    return;
  if (permit?.body.verdict !== 'allow') return;
  const permitted = permit.body;
  const fits =
    callKey === permitted.callKey &&
    body.try === permitted.try &&
    body.linkRunId === permitted.linkRunId &&
    body.runEpoch === permitted.runEpoch &&
    body.freezeEpoch === permitted.freezeEpoch &&
    body.tool === permitted.tool.name &&
    body.argumentsDigest === permitted.argumentsDigest &&
    body.nonce === (permitted.approval?.nonce ?? null) &&
    body.executeByAt === (permitted.approval?.executeByAt ?? permitted.grant?.executeByAt ?? null);
  checks.expect('store-ledger', fits, null, `the intent of ${callKey} is not that of its permit`);
  const inTime = isBetween(at, permit.issuedAt, permit.expiresAt ?? null);
  checks.expect('store-ledger', inTime, null, `the intent of ${callKey} is outside its permit’s time`);
  const decided = opened.decisionByDigest.get(body.permitDigest)?.result;
  if (decided?.kind !== 'decided' || !decided.tool) return;
  const same = decided.tool.startToCloseMs === body.startToCloseMs;
  checks.expect('store-ledger', same, null, `the intent of ${callKey} has another time limit than was decided`);
}

function verifyReceiptEntry(
  opened: OpenedRecord,
  decisions: ReadonlyMap<string, SignedDecision>,
  { body, callKey, at }: Kind<'receipt'>,
  { checks }: OpeningOptions,
): void {
  const { receipt, permitDigest, labels } = body;
  const said = receipt.body;
  const fits =
    permitDigest === said.permitDigest &&
    callKey === said.callKey &&
    at === said.endedAt &&
    said.workflowId === opened.record.workflowId &&
    labels.length === said.labels.length &&
    labels.every((label, index) => label === said.labels[index]);
  checks.expect(
    'store-ledger',
    fits,
    null,
    `the entry of a receipt of ${said.callKey} says something else than the receipt`,
  );
  checks.expect(
    'store-ledger',
    decisions.has(permitDigest),
    null,
    'a receipt in the ledger names no permit of the store',
  );
}

/** Each effect with an intent was scheduled; each receipt of the history is in the ledger, and each effect's intent. */
function verifyEffects(
  { record, executions, receipts, decisionByDigest }: OpenedRecord,
  entries: readonly OpenedEntry[],
  { checks }: OpeningOptions,
): void {
  if (record.links.length === 0) return;
  const intents = entriesOfKind(entries, 'intent').map(({ body }) => body.permitDigest);
  const scheduled = new Set(executions.map(({ permitDigest }) => permitDigest));
  for (const permitDigest of intents) {
    const known = scheduled.has(permitDigest);
    checks.expect('store-effects', known, null, 'the ledger knows of an effect that the history does not have');
  }
  const kept = new Set(entriesOfKind(entries, 'receipt').map(({ body }) => digestJson('receipt', body.receipt)));
  for (const { digest, place, receipt } of receipts) {
    checks.expect('store-effects', kept.has(digest), place, 'the ledger does not have this receipt');
    const { permitDigest, purpose } = receipt.body;
    const decided = decisionByDigest.get(permitDigest);
    if (purpose !== 'execute' || !decided || !reserves(decided)) continue;
    checks.expect(
      'store-effects',
      intents.includes(permitDigest),
      place,
      'the ledger does not have this effect’s intent',
    );
  }
}

/** Whatever a person approved reserves a row first, and so does all but a read. */
function reserves({
  body,
  result,
}: {
  body: SignedDecision['body'];
  result: { kind: string; tool?: unknown };
}): boolean {
  if (body.verdict !== 'allow') return false;
  const effect: unknown =
    typeof result.tool === 'object' && result.tool !== null ? Reflect.get(result.tool, 'effect') : '';
  return body.approval !== null || body.grant !== undefined || effect !== 'read';
}
