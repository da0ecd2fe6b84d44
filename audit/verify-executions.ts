/**
 * Executions: each under a permit that was decided before, for exactly its arguments; each receipt of the permit it names; no
 * effect twice; and what is unknown stays unknown.
 */
import { activityIdOf, mostCallsPerTurn, parseCallKey } from '../core/contracts/call-names.ts';
import type { DecisionBody, SignedDecision } from '../core/contracts/decision.ts';
import type { ExecutionOutcome, ReceiptBody } from '../core/contracts/receipt.ts';
import { digestJson, digestText } from '../core/digest.ts';
import type { Checks } from './checks.ts';
import type { OpenedExecution, OpenedReceipt, OpenedRecord, OpeningOptions } from './open-record.ts';
import { readCloseInput } from './read-results.ts';
import { entriesOf } from './record-types.ts';
import { linksOfEntry } from './verify-chain.ts';

export async function verifyExecutions(opened: OpenedRecord, options: OpeningOptions): Promise<void> {
  const { checks } = options;
  for (const execution of opened.executions) {
    verifyPermit(opened, execution, checks);
    verifyPermitFirst(opened, execution, checks);
    verifyReceiptOfExecution(opened, execution, checks);
  }
  for (const receipt of opened.receipts) {
    await verifyReceipt(opened, receipt, options);
    await verifyOutput(receipt, options);
  }
  await verifyOnce(opened, options);
  verifyOutcomes(opened, checks);
}

function verifyPermit({ record }: OpenedRecord, execution: OpenedExecution, checks: Checks): void {
  const { entry, permit } = execution;
  if (!permit || permit.body.verdict !== 'allow') {
    checks.expect('permit-arguments', false, entry, 'an execution has no permit');
    return;
  }
  const { body } = permit;
  const argumentsDigest = digestText('arguments', execution.arguments ?? '');
  const same = argumentsDigest === body.argumentsDigest;
  checks.expect('permit-arguments', same, entry, 'the arguments are not those that were permitted');
  const named = activityIdOf({ ...body, tool: body.tool.name, argumentsDigest });
  const fits =
    entry.activityId === body.activityId &&
    entry.activityId === named &&
    entry.taskQueue === body.taskQueue &&
    linksOfEntry(record, entry).includes(body.linkRunId);
  checks.expect('permit-arguments', fits, entry, 'the permit is for another activity, queue or link');
}

function verifyPermitFirst({ decisions }: OpenedRecord, execution: OpenedExecution, checks: Checks): void {
  const { entry, permitDigest } = execution;
  const before = decisions.some(
    (decision) =>
      decision.digest === permitDigest &&
      decision.entry.link === entry.link &&
      decision.entry.eventId < entry.eventId &&
      decision.entry.taskEventId <= entry.taskEventId,
  );
  checks.expect('permit-first', before, entry, 'no decision of the gate stands before it in the history');
}

function verifyReceiptOfExecution(opened: OpenedRecord, execution: OpenedExecution, checks: Checks): void {
  const { entry, permit, result, permitDigest } = execution;
  if (result?.kind !== 'receipt' || !permit) return;
  const own = opened.receipts.find(({ place }) => place.link === entry.link && place.eventId === entry.endEventId);
  if (!own) return;
  const { body } = own.receipt;
  // A consumed row answers for the call and try, whichever permit it was executed under.
  const answersForRow = body.callKey === permit.body.callKey && body.try === permit.body.try;
  checks.expect('receipt-permit', answersForRow, entry, 'the receipt is of another call or try');
  const ownAttempt = body.permitDigest !== permitDigest || body.attempt === entry.attempts;
  checks.expect('receipt-permit', ownAttempt, entry, 'the receipt is of another attempt');
  checks.expect('effect-once', entry.attempts <= 1, entry, 'an execution was attempted more than once');
  const settling = permit.body.purpose === 'void' || permit.body.purpose === 'execute';
  const fits = body.permitDigest === permitDigest || (settling && body.purpose === 'execute');
  checks.expect('receipt-permit', fits, entry, 'the receipt is of another permit');
}

async function verifyReceipt(
  opened: OpenedRecord,
  { receipt, place }: OpenedReceipt,
  options: OpeningOptions,
): Promise<void> {
  const { checks } = options;
  const { body } = receipt;
  const own = body.workflowId === opened.record.workflowId;
  checks.expect('receipt-permit', own, place, 'the receipt is of another run');
  const permit = await permitOf(opened, body.permitDigest, options);
  if (!permit) {
    const whole = opened.record.links.every(
      ({ origin }) =>
        origin.previousRunId === null ||
        opened.record.links.some((one) => one.origin.linkRunId === origin.previousRunId),
    );
    if (whole) checks.expect('receipt-permit', false, place, 'the receipt names a permit that was never given');
    else checks.skip('receipt-permit', place, 'its permit was given in a link that is missing');
    return;
  }
  const permitted = permit.body;
  const fits =
    permitted.verdict === 'allow' &&
    body.callKey === permitted.callKey &&
    body.try === permitted.try &&
    body.purpose === permitted.purpose &&
    body.linkRunId === permitted.linkRunId &&
    body.activityId === permitted.activityId;
  checks.expect('receipt-permit', fits, place, 'the receipt does not fit the permit that it names');
  const labelled = !isToolsWord(permitted, body) || body.labels.includes('untrusted');
  checks.expect('receipt-permit', labelled, place, 'the result is labelled as trusted, which its permit does not say');
}

/** Whether what the receipt is of was said by a tool whose results no policy trusts: read from its target or in a dry run, too. */
function isToolsWord(permit: DecisionBody, { purpose, outcome }: ReceiptBody): boolean {
  if (permit.verdict !== 'allow' || permit.trustedResult === true || outcome === 'not-started') return false;
  const speaksInDryRun = permit.dryRunRead === true || permit.dryRunTool === true;
  return purpose === 'execute' || purpose === 'target-state' || (purpose === 'dry-run' && speaksInDryRun);
}

async function permitOf(
  { decisionByDigest, record }: OpenedRecord,
  digest: string,
  { store }: OpeningOptions,
): Promise<SignedDecision | undefined> {
  const known = decisionByDigest.get(digest)?.signed;
  if (known || !store) return known;
  return (await store.listDecisions(record.workflowId)).find((one) => digestJson('decision', one) === digest);
}

/** The digest of the whole output is signed; a cut text is its beginning only if the stored body says so. */
async function verifyOutput(
  { receipt, output, place }: OpenedReceipt,
  { checks, store }: OpeningOptions,
): Promise<void> {
  const { outputDigest } = receipt.body;
  if (!output.truncated) {
    const same = digestText('body', output.text) === outputDigest && output.bodyDigest === null;
    checks.expect('receipt-output', same, place, 'the output is not the one whose digest was signed');
    return;
  }
  const named = output.bodyDigest === outputDigest;
  if (!checks.expect('receipt-output', named, place, 'the output names another body than was signed')) return;
  const body = (await store?.getBody(outputDigest)) ?? null;
  if (body === null) return checks.skip('receipt-output', place, 'the output was cut and its whole is not at hand');
  const fits = digestText('body', body) === outputDigest && body.startsWith(output.text);
  checks.expect('receipt-output', fits, place, 'the output is not the beginning of the one that was signed');
}

/** By receipts, each counted once: the same receipt may stand in several links. */
async function verifyOnce(opened: OpenedRecord, options: OpeningOptions): Promise<void> {
  const rows = new Map<string, Set<string>>();
  const effects = new Map<string, Set<string>>();
  for (const { receipt, digest, place } of opened.receipts) {
    const { body } = receipt;
    if (body.purpose !== 'execute') continue;
    const permit = await permitOf(opened, body.permitDigest, options);
    const decided = opened.decisionByDigest.get(body.permitDigest)?.result;
    const effect = decided?.kind === 'decided' ? (decided.tool?.effect ?? 'effect') : 'effect';
    if (effect === 'read') continue;
    const row = noted(rows, `${body.callKey}#${body.try}`, digest);
    options.checks.expect('effect-once', row === 1, place, 'the same call and try was executed twice');
    if (body.outcome !== 'succeeded' || effect !== 'effect') continue;
    const count = noted(effects, `${body.callKey}#${permit?.body.argumentsDigest ?? ''}`, digest);
    options.checks.expect('effect-once', count === 1, place, 'the same effect succeeded twice');
  }
}

function noted(seen: Map<string, Set<string>>, key: string, digest: string): number {
  const digests = seen.get(key) ?? new Set<string>();
  seen.set(key, digests.add(digest));
  return digests.size;
}

/** The outcomes that the run's end claims are those for which somebody’s word stands in the record. */
function verifyOutcomes(opened: OpenedRecord, checks: Checks): void {
  for (const entry of entriesOf(opened.record.links, 'activity')) {
    if (entry.activityType !== 'closeRun') continue;
    const closing = readCloseInput(entry.input[0]);
    if (!checks.expect('shape', closing !== undefined, entry, 'the input of the end has another shape')) continue;
    for (const { callKey, outcome } of closing?.calls ?? []) {
      const proved = isProved(opened, callKey, outcome);
      checks.expect(
        'unknown-kept',
        proved,
        entry,
        `the end says "${outcome}" of a call, and nothing in the record does`,
      );
    }
  }
}

function isProved(opened: OpenedRecord, callKey: string, outcome: ExecutionOutcome): boolean {
  const bodies = opened.receipts
    .map(({ receipt }) => receipt.body)
    .filter((body) => body.callKey === callKey && !spokeToApprovers(opened, body));
  const executed = bodies.some((body) => body.outcome === outcome && ['execute', 'dry-run'].includes(body.purpose));
  switch (outcome) {
    case 'succeeded':
      return executed || bodies.some((body) => body.probe === 'happened') || foundByPerson(opened, callKey);
    case 'failed':
    case 'dry-run':
    case 'not-started':
      return executed;
    case 'refused':
      return wasRefused(opened, callKey);
    case 'unknown':
      return true;
  }
}

/** What a tool said before anybody was asked is no end of the call, however it ended itself. */
function spokeToApprovers({ decisionByDigest }: OpenedRecord, { permitDigest }: ReceiptBody): boolean {
  const permit = decisionByDigest.get(permitDigest)?.signed.body;
  return permit?.verdict === 'allow' && permit.dryRunTool === true;
}

function foundByPerson({ decisions }: OpenedRecord, callKey: string): boolean {
  return decisions.some(
    ({ body, result }) => body.callKey === callKey && result.kind === 'reconciled' && result.answer === 'happened',
  );
}

/** The run refuses such a call without asking the gate, and replay holds it to that. */
function isSurplus(callKey: string): boolean {
  return parseCallKey(callKey).index >= mostCallsPerTurn;
}

function wasRefused({ decisions, executions }: OpenedRecord, callKey: string): boolean {
  const denied = decisions.some(({ body }) => body.callKey === callKey && body.verdict === 'deny');
  const notRun = executions.some(
    ({ permit, result }) =>
      permit?.body.callKey === callKey && (result?.kind === 'refused' || result?.kind === 'not-started'),
  );
  const notTaken = executions.some(
    ({ permit, entry }) =>
      permit?.body.callKey === callKey && entry.end?.kind === 'timed-out' && entry.end.timeout === 'SCHEDULE_TO_START',
  );
  return denied || notRun || notTaken || isSurplus(callKey);
}
