/**
 * The tables as Kysely sees them; `store/migrations` makes them. Portable types only: text, integers and JSON as text
 * (signed objects in RFC 8785 form), so that SQLite and Postgres hold the same bytes.
 */
import type { ControlKind } from '../../core/contracts/control.ts';
import type { Channel, Outcome, VoteVerdict } from '../../core/contracts/approval.ts';
import type { Purpose } from '../../core/contracts/ids.ts';
import type { Look } from '../../core/contracts/look.ts';
import type { TellingMoment } from '../../core/contracts/telling.ts';
import type { Label, Risk } from '../../core/contracts/labels.ts';
import type { FenceState } from '../../core/contracts/receipt.ts';
import type { FenceRow, LedgerEntry, LinkRow } from '../store.ts';

export interface RunsTable {
  workflow_id: string;
  ticket: string;
  ticket_digest: string;
  ticket_nonce: string;
  principal: string;
  first_link_run_id: string;
  last_link_run_id: string;
  run_epoch: number;
  turn_mark: number;
  opened_at: number;
  closed_at: number | null;
  outcome: string | null;
}

export interface LinksTable {
  workflow_id: string;
  link_run_id: string;
  kind: LinkRow['kind'];
  run_epoch: number;
  registered_at: number;
}

/** One row for each epoch after 0, with the reason that raised it. */
export interface EpochsTable {
  workflow_id: string;
  epoch: number;
  from_epoch: number;
  reason: string;
  raised_at: number;
}

export interface DecisionsTable {
  call_key: string;
  try: number;
  purpose: Purpose;
  pass: number;
  link_run_id: string;
  workflow_id: string;
  /** Order of arrival within the run. */
  ordinal: number;
  turn: number;
  verdict: 'allow' | 'ask' | 'deny';
  digest: string;
  decision: string;
}

export interface AdmissionsTable {
  call_key: string;
  try: number;
  workflow_id: string;
  turn: number;
}

/** Admitted calls of a run by tool. */
export interface ToolCallsTable {
  workflow_id: string;
  tool: string;
  calls: number;
}

export interface LimitCountsTable {
  scope: string;
  /** Places that were ever taken: the number of the last one. */
  taken: number;
  /** The latest clock of anybody who counted; 0 for counters that have no window. */
  latest_at: number;
}

/** When the last places of a counter with a window were taken. */
export interface LimitPlacesTable {
  scope: string;
  number: number;
  taken_at: number;
}

export interface ModelUsageTable {
  workflow_id: string;
  model: string;
  input_tokens: number;
  output_tokens: number;
}

export interface AsksTable {
  nonce: string;
  workflow_id: string;
  call_key: string;
  try: number;
  run_epoch: number;
  link_run_id: string;
  approval_id: string;
  kind: 'call' | 'reconcile';
  ask: string;
  ask_digest: string;
  card: string;
  deadline_at: number;
  outcome: Outcome | null;
  closed_at: number | null;
  /** 0 in rows of versions before. */
  asked_at: number;
  /** Empty in rows of versions before. */
  risk: Risk | '';
}

export interface DenialsTable {
  workflow_id: string;
  tool: string;
  arguments_digest: string;
  nonce: string;
}

export interface VotesTable {
  nonce: string;
  principal: string;
  verdict: VoteVerdict;
  digest: string;
  vote: string;
  cast_at: number;
  /** 0 or 1. */
  signalled: number;
}

/** One for each request that was answered by break-glass. */
export interface ReviewsTable {
  nonce: string;
  workflow_id: string;
  call_key: string;
  principal: string;
  vote_digest: string;
  permit_digest: string;
  opened_at: number;
  due_at: number;
}

/** One for each vote that was taken back. */
export interface WithdrawalsTable {
  /** Digest of the vote. */
  withdraws: string;
  nonce: string;
  principal: string;
  digest: string;
  vote: string;
  cast_at: number;
  /** 0 or 1. */
  signalled: number;
}

export interface FencesTable {
  call_key: string;
  try: number;
  workflow_id: string;
  link_run_id: string;
  run_epoch: number;
  state: FenceState;
  tool: string;
  arguments_digest: string;
  nonce: string | null;
  permit_digest: string;
  reserved_at: number;
  start_to_close_ms: number;
  lease_until_at: number | null;
  voided_from: FenceRow['voidedFrom'];
  voided_by: FenceRow['voidedBy'];
  voided_at: number | null;
}

export interface GrantUsesTable {
  grant_id: string;
  number: number;
  call_key: string;
  try: number;
  workflow_id: string;
  used_at: number;
}

export interface ReceiptsTable {
  permit_digest: string;
  workflow_id: string;
  call_key: string;
  try: number;
  purpose: Purpose;
  turn: number;
  /** Order of arrival within the call. */
  ordinal: number;
  receipt: string;
  output: string;
}

export interface LabelsTable {
  permit_digest: string;
  label: Label;
  workflow_id: string;
  turn: number;
}

export interface NoticesTable {
  nonce: string;
  channel: string;
  /** `waiting`: to be told. `told`: to be reminded, or to be closed once the request is. `done`, `gave-up`: nothing is left. */
  state: 'waiting' | 'told' | 'done' | 'gave-up';
  attempts: number;
  /** Not before this time, ms; also the end of a taker's lease. */
  next_at: number;
  /** Where the channel keeps it, in the channel's own words. */
  place: string | null;
  problem: string | null;
  told_at: number | null;
  reminded_at: number | null;
}

export interface DeliveriesTable {
  source: string;
  delivery_id: string;
  seen_at: number;
}

export interface ControlTable {
  sequence: number;
  kind: ControlKind;
  record: string;
}

export interface BodiesTable {
  digest: string;
  /** The text as a JSON string: Postgres text holds no NUL character, JSON escapes it. */
  text_json: string;
}

export interface RedactionsTable {
  workflow_id: string;
  mark: string;
  entry: string;
  key_id: string;
  nonce: string;
  sealed: string;
  kept_at: number;
}

export interface LedgerTable {
  sequence: number;
  kind: LedgerEntry['kind'];
  workflow_id: string;
  call_key: string | null;
  body: string;
  at: number;
}

/** Sequences without gaps, taken inside the transaction that uses the number. */
export interface CountersTable {
  name: 'control' | 'ledger';
  value: number;
}

export interface TellingsTable {
  nonce: string;
  channel: string;
  moment: TellingMoment;
  due_at: number;
  told_at: number;
  /** One a line. */
  reached: string;
  problem: string | null;
}

export interface LooksTable {
  nonce: string;
  principal: string;
  channel: Channel;
  card_digest: string;
  method: Look['authenticated']['method'];
  credential_id: string;
  via: string | null;
  first_at: number;
  last_at: number;
  times: number;
}

export interface NoticeAlarmsTable {
  nonce: string;
  /** Which has said it. */
  channel: string;
  /** Which could not tell. */
  about: string;
  told_at: number;
}

export interface KeyUsesTable {
  key_id: string;
  last_used_at: number;
}

export interface RefusalsTable {
  minute_at: number;
  route: string;
  /** Empty: no key of ours. */
  key_id: string;
  about: string;
  code: string;
  attempts: number;
  last_at: number;
}

export interface AskPlacesTable {
  nonce: string;
  scope: string;
  asked_at: number;
  /** 0: it waits no more. */
  open_until: number;
}

export interface AskBackOffsTable {
  scope: string;
  refusals: number;
  until_at: number;
  latest_at: number;
}

export interface Tables {
  runs: RunsTable;
  links: LinksTable;
  epochs: EpochsTable;
  decisions: DecisionsTable;
  admissions: AdmissionsTable;
  tool_calls: ToolCallsTable;
  limit_counts: LimitCountsTable;
  limit_places: LimitPlacesTable;
  model_usage: ModelUsageTable;
  asks: AsksTable;
  ask_places: AskPlacesTable;
  ask_back_offs: AskBackOffsTable;
  denials: DenialsTable;
  votes: VotesTable;
  withdrawals: WithdrawalsTable;
  reviews: ReviewsTable;
  fences: FencesTable;
  grant_uses: GrantUsesTable;
  receipts: ReceiptsTable;
  labels: LabelsTable;
  notices: NoticesTable;
  /** Of reviews of break-glass. */
  review_notices: NoticesTable;
  notice_alarms: NoticeAlarmsTable;
  tellings: TellingsTable;
  looks: LooksTable;
  deliveries: DeliveriesTable;
  control: ControlTable;
  key_uses: KeyUsesTable;
  refusals: RefusalsTable;
  bodies: BodiesTable;
  redactions: RedactionsTable;
  ledger: LedgerTable;
  counters: CountersTable;
}
