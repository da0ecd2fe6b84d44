/**
 * Recording a decision: everything that hangs on it (its ask, the request it closes, a person's denial, the admission,
 * the turn mark) in one transaction, and only while the run is still as the gate saw it. A re-run gate gets the stored
 * decision back.
 */
import type { Selectable } from 'kysely';
import { digestText } from '../../core/digest.ts';
import { CountersignError } from '../../core/errors.ts';
import { parseCallKey } from '../../core/contracts/call-names.ts';
import type { SignedDecision } from '../../core/contracts/decision.ts';
import type { DecisionKey, DecisionRecord, RecordedDecision, Store } from '../store.ts';
import { closeAskPlaces, findFullQuota, takeAskPlaces } from './ask-quotas.ts';
import { checkUse, takeUse } from './grant-uses.ts';
import { takePlaces } from './limit-places.ts';
import { countToolCall } from './limits.ts';
import { hasUseLeft, openReview, reviewOf } from './reviews.ts';
import { prepared } from './prepared.ts';
import { argumentsMustAgree, readDecision, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { DecisionsTable } from './tables.ts';
import { ofDecision } from './write-scopes.ts';

type DecisionMethods = Pick<Store, 'recordDecision' | 'listDecisions' | 'denialsOf' | 'editsOf'>;

export function decisionMethods(session: SqlSession): DecisionMethods {
  return {
    recordDecision: (record, expected) =>
      session.write((queries) => recordDecision(queries, record, expected.runEpoch), {
        ...ofDecision(record.decision.body.workflowId, record.grantUse?.grantId, record.breakGlass !== undefined),
        mayBeLostWithPower: isBarePermit(record),
      }),
    listDecisions: (workflowId) =>
      session.read(async (queries) => {
        const query = queries.selectFrom('decisions').selectAll().where('workflow_id', '=', workflowId);
        return (await query.orderBy('ordinal').execute()).map(toDecision);
      }),
    denialsOf: (workflowId, limit) =>
      session.read(async (queries) => {
        const query = queries.selectFrom('decisions').selectAll().where('workflow_id', '=', workflowId);
        const rows = await query.where('verdict', '=', 'deny').orderBy('ordinal', 'desc').limit(limit).execute();
        return rows.map(toDecision).toReversed();
      }),
    editsOf: (callKey) =>
      session.read(async (queries) => {
        const query = queries.selectFrom('decisions').selectAll().where('call_key', '=', callKey);
        const rows = await query.where('verdict', '=', 'deny').orderBy('ordinal').execute();
        return rows.map(toDecision).filter(({ body }) => body.verdict === 'deny' && body.edit !== undefined);
      }),
  };
}

/** A permit that nobody was asked for. Its effect, if it has one, starts only after a write that power loss spares. */
function isBarePermit({ decision: { body }, ask, closes, denial, grantUse }: DecisionRecord): boolean {
  return body.verdict === 'allow' && body.approval === null && !ask && !closes && !denial && !grantUse;
}

const decisionByKey = prepared((queries, key: DecisionKey) =>
  queries
    .selectFrom('decisions')
    .selectAll()
    .where('call_key', '=', key.callKey)
    .where('try', '=', key.try)
    .where('purpose', '=', key.purpose)
    .where('pass', '=', key.pass)
    .where('link_run_id', '=', key.linkRunId),
);

export async function findDecision(queries: Queries, key: DecisionKey): Promise<SignedDecision | null> {
  const [row] = (await decisionByKey(queries, key)).rows;
  return row ? toDecision(row) : null;
}

function toDecision(row: Selectable<DecisionsTable>): SignedDecision {
  const decision = readDecision(row.decision);
  rowMustAgree('decision', [
    [row.workflow_id, decision.body.workflowId],
    [row.verdict, decision.body.verdict],
    ...keyPairs(
      { callKey: row.call_key, try: row.try, purpose: row.purpose, pass: row.pass, linkRunId: row.link_run_id },
      decision,
    ),
  ]);
  return decision;
}

function keyPairs(key: DecisionKey, { body }: SignedDecision): (readonly [unknown, unknown])[] {
  return [
    [key.callKey, body.callKey],
    [key.try, body.try],
    [key.purpose, body.purpose],
    [key.pass, body.pass],
    [key.linkRunId, body.linkRunId],
  ];
}

function grantPairs({ decision: { body }, grantUse }: DecisionRecord): (readonly [unknown, unknown])[] {
  const grant = body.verdict === 'allow' ? body.grant : undefined;
  return [
    [grantUse?.grantId, grant?.grantId],
    [grantUse?.number, grant?.use],
  ];
}

/** A text ends with the signature, and a signature is of one text. */
function isTextOf({ decision, text }: Pick<DecisionRecord, 'decision' | 'text'>): readonly [unknown, unknown] {
  return [text === undefined || text.endsWith(`,"signature":${JSON.stringify(decision.signature)}}`), true];
}

async function recordDecision(queries: Queries, record: DecisionRecord, runEpoch: number): Promise<RecordedDecision> {
  const { key, decision, turn } = record;
  const { workflowId } = decision.body;
  const position = parseCallKey(key.callKey);
  const review = reviewOf(decision, record.digest);
  argumentsMustAgree('decision', [
    ...keyPairs(key, decision),
    [workflowId, position.workflowId],
    [turn, position.turn],
    [runEpoch, decision.body.runEpoch],
    [record.ask !== null, decision.body.verdict === 'ask'],
    ...grantPairs(record),
    [record.breakGlass?.names.includes(review?.principal ?? '') ?? false, review !== undefined],
    isTextOf(record),
  ]);
  const stored = await findDecision(queries, key);
  if (stored) return { kind: 'exists', decision: stored };
  if (!(await isCurrent(queries, workflowId, { runEpoch, linkRunId: key.linkRunId, turn }))) return { kind: 'stale' };

  if (review && record.breakGlass && !(await hasUseLeft(queries, review, record.breakGlass))) return { kind: 'stale' };

  const overQuota = await refuseOverQuota(queries, record);
  if (overQuota) return overQuota;
  // Before anything is taken, so that a call that meets another use of the grant has no place of any limit.
  const use = record.grantUse ? await checkUse(queries, record.grantUse, { ...key, workflowId }) : 'own';
  if (use === 'gone') return { kind: 'over-limit', limit: 'grant' };
  const full = await admit(queries, record, workflowId);
  if (full) return full;
  if (record.grantUse && use === 'next') await takeUse(queries, record.grantUse, { ...key, workflowId });
  await insertDecision(queries, record);
  await insertAsk(queries, record);
  await closeAsk(queries, record);
  await insertDenial(queries, record);
  await openReview(queries, record);
  await raiseTurnMark(queries, { workflowId, turn });
  return { kind: 'recorded' };
}

/** The denial takes the ask's place, in the transaction that counts it: it is counted once, however often the gate is run. */
async function refuseOverQuota(
  queries: Queries,
  record: DecisionRecord,
): Promise<Extract<RecordedDecision, { kind: 'over-quota' }> | null> {
  const { quotas, decision, closes, turn } = record;
  if (!quotas || decision.body.verdict !== 'ask') return null;
  const asking = { at: decision.body.ask.askedAt, instead: closes?.nonce ?? null };
  const full = await findFullQuota(queries, quotas.quotas, asking);
  if (!full) return null;
  const denial = quotas.refuse(full);
  argumentsMustAgree('denial', [
    ...keyPairs(record.key, denial.decision),
    [denial.decision.body.verdict, 'deny'],
    isTextOf(denial),
  ]);
  // The text of the ask is not that of its denial.
  await insertDecision(queries, { ...record, text: undefined, ...denial });
  await closeAsk(queries, record);
  await raiseTurnMark(queries, { workflowId: decision.body.workflowId, turn });
  return { kind: 'over-quota', decision: denial.decision };
}

const raiseTurnMark = prepared((queries, { workflowId, turn }: { workflowId: string; turn: number }) =>
  queries
    .updateTable('runs')
    .set({ turn_mark: turn })
    .where('workflow_id', '=', workflowId)
    .where('turn_mark', '<', turn),
);

const positionByRun = prepared((queries, { workflowId }: { workflowId: string }) =>
  queries
    .selectFrom('runs')
    .select(['run_epoch', 'last_link_run_id', 'turn_mark'])
    .where('workflow_id', '=', workflowId),
);

async function isCurrent(
  queries: Queries,
  workflowId: string,
  seen: { runEpoch: number; linkRunId: string; turn: number },
): Promise<boolean> {
  const [run] = (await positionByRun(queries, { workflowId })).rows;
  if (!run) return false;
  return run.run_epoch === seen.runEpoch && run.last_link_run_id === seen.linkRunId && seen.turn >= run.turn_mark;
}

/** Counts each (call key, try) once, inside the transaction: parallel calls cannot overshoot. @returns what is full */
async function admit(queries: Queries, record: DecisionRecord, workflowId: string): Promise<RecordedDecision | null> {
  const { admit: limits, admitAlso = [], key } = record;
  if (!limits) return null;
  const full = await admitOne(queries, record, limits, { callKey: key.callKey, workflowId });
  if (full) return full;
  for (const [place, callKey] of admitAlso.entries()) {
    if (await admitOne(queries, record, limits, { callKey, workflowId })) return { kind: 'fits-fewer', fits: place };
  }
  return null;
}

async function admitOne(
  queries: Queries,
  { key, turn, decision }: DecisionRecord,
  limits: NonNullable<DecisionRecord['admit']>,
  call: { callKey: string; workflowId: string },
): Promise<Extract<RecordedDecision, { kind: 'over-limit' }> | null> {
  const admission = { ...call, try: key.try, turn };
  const admitted = await readAdmissions(queries, admission);
  if (admitted.thisCallAndTry) return null;
  if (admitted.run >= limits.callsPerRun) return { kind: 'over-limit', limit: 'callsPerRun' };
  if (admitted.turn >= limits.callsPerTurn) return { kind: 'over-limit', limit: 'callsPerTurn' };
  const full = await takePlaces(queries, limits.counters ?? []);
  if (full) return { kind: 'over-limit', limit: 'counter', ...full };
  await insertAdmission(queries, admission);
  await countToolCall(queries, call.workflowId, decision.body.tool.name);
  return null;
}

interface AdmissionQuery {
  workflowId: string;
  callKey: string;
  try: number;
  turn: number;
}

const insertAdmission = prepared((queries, one: AdmissionQuery) =>
  queries
    .insertInto('admissions')
    .values({ call_key: one.callKey, try: one.try, workflow_id: one.workflowId, turn: one.turn }),
);

/**
 * Of the run as its calls by tool say it, which are counted with each admission: counting the admissions themselves would cost
 * more with every call, twice in each pass.
 */
const admissionsSoFar = prepared((queries, { workflowId, turn, callKey, try: tryNumber }: AdmissionQuery) => {
  const count = queries.selectFrom('admissions').select((column) => column.fn.countAll().as('count'));
  return queries.selectNoFrom([
    queries
      .selectFrom('tool_calls')
      .select((column) => column.fn.sum<number | string | null>('calls').as('calls'))
      .where('workflow_id', '=', workflowId)
      .as('run'),
    count.where('workflow_id', '=', workflowId).where('turn', '=', turn).as('turn'),
    count.where('call_key', '=', callKey).where('try', '=', tryNumber).as('own'),
  ]);
});

export async function readAdmissions(
  queries: Queries,
  query: AdmissionQuery,
): Promise<{ run: number; turn: number; thisCallAndTry: boolean }> {
  const [counts] = (await admissionsSoFar(queries, query)).rows;
  // Without a number no limit would ever be met.
  if (!counts) throw new TypeError('Cannot count admissions: the database gave no row, expected one');
  return { run: Number(counts.run), turn: Number(counts.turn), thisCallAndTry: Number(counts.own) > 0 };
}

async function insertDecision(queries: Queries, { key, decision, digest, turn, text }: DecisionRecord): Promise<void> {
  const { workflowId, verdict } = decision.body;
  const [last] = (await lastOrdinal(queries, { workflowId })).rows;
  await insertRow(queries, {
    call_key: key.callKey,
    try: key.try,
    purpose: key.purpose,
    pass: key.pass,
    link_run_id: key.linkRunId,
    workflow_id: workflowId,
    ordinal: Number(last?.ordinal ?? 0) + 1,
    turn,
    verdict,
    digest,
    decision: text ?? toText(decision),
  });
}

const lastOrdinal = prepared((queries, { workflowId }: { workflowId: string }) =>
  queries
    .selectFrom('decisions')
    .select((column) => column.fn.max('ordinal').as('ordinal'))
    .where('workflow_id', '=', workflowId),
);

const insertRow = prepared((queries, row: DecisionsTable) => queries.insertInto('decisions').values(row));

async function insertAsk(
  queries: Queries,
  { ask: row, decision, digest, text, key, quotas }: DecisionRecord,
): Promise<void> {
  if (!row || decision.body.verdict !== 'ask') return;
  const { ask, workflowId, runEpoch } = decision.body;
  argumentsMustAgree('card', [[digestText('card', row.card), ask.cardDigest]]);
  const taken = await queries.selectFrom('asks').select('nonce').where('nonce', '=', ask.nonce).executeTakeFirst();
  if (taken) {
    throw new CountersignError(
      'conflict',
      `Cannot ask for "${ask.approvalId}": its nonce was used for another request, expected a fresh one; ask again`,
    );
  }
  await queries
    .insertInto('asks')
    .values({
      nonce: ask.nonce,
      workflow_id: workflowId,
      call_key: key.callKey,
      try: key.try,
      run_epoch: runEpoch,
      link_run_id: key.linkRunId,
      approval_id: ask.approvalId,
      kind: ask.kind,
      ask: text ?? toText(decision),
      ask_digest: digest,
      card: row.card,
      deadline_at: ask.deadlineAt,
      outcome: null,
      closed_at: null,
      asked_at: ask.askedAt,
      risk: decision.body.risk,
    })
    .execute();
  const place = { nonce: ask.nonce, at: ask.askedAt, openUntil: ask.deadlineAt };
  await takeAskPlaces(queries, quotas?.quotas ?? [], place);
}

/** The first outcome stays. It is for readers: authority is the decision that says it. */
async function closeAsk(queries: Queries, { closes, decision }: DecisionRecord): Promise<void> {
  if (!closes) return;
  await closeAskPlaces(queries, closes.nonce);
  await queries
    .updateTable('asks')
    .set({ outcome: closes.outcome, closed_at: closes.at })
    .where('nonce', '=', closes.nonce)
    .where('workflow_id', '=', decision.body.workflowId)
    // An approval that was withdrawn before it was used is none.
    .where((where) =>
      closes.outcome === 'withdrawn'
        ? where.or([where('outcome', 'is', null), where('outcome', '=', 'approved')])
        : where('outcome', 'is', null),
    )
    .execute();
}

async function insertDenial(queries: Queries, { denial, decision }: DecisionRecord): Promise<void> {
  if (!denial) return;
  await queries
    .insertInto('denials')
    .values({
      workflow_id: decision.body.workflowId,
      tool: denial.tool,
      arguments_digest: denial.argumentsDigest,
      nonce: denial.nonce,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
