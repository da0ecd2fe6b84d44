/**
 * Replays a run as its audit: all links through the current workflow code, what the code asks for against what is recorded,
 * every signature and digest on the way, and the timeline. It reads and never writes; it cannot show that a recorded result
 * was true (docs/replay.md says what else it cannot).
 */
import { CountersignError } from '../core/errors.ts';
import type { KeyRegistry } from '../core/envelope.ts';
import { type Check, Checks } from './checks.ts';
import { readingChangedRows } from './changed-store.ts';
import { compareCommands, type Finding } from './compare-commands.ts';
import type { HistorySource, LinkHistory } from './history-source.ts';
import { inChainOrder } from './link-origin.ts';
import type { AuditStore, OpenedRecord } from './open-record.ts';
import { readRecord } from './read-record.ts';
import { type ReplayBundle, replayLinks } from './replay-links.ts';
import { buildTimeline, type TimelineEntry } from './timeline.ts';
import type { ReviewReport } from './verify-break-glass.ts';
import { verifyEvents } from './verify-events.ts';
import { verifyAdditions } from './verify-additions.ts';
import { verifyFrame } from './verify-frame.ts';
import type { FindSecretRules } from './verify-no-secrets.ts';
import { type VerifiedRecord, verifyRecord } from './verify-record.ts';

export interface ReplayOptions {
  workflowId: string;
  source: HistorySource;
  registry: KeyRegistry;
  /** The deployment whose signatures count. */
  audience: string;
  /** Votes, bodies and answers that a history does not hold; without it they are listed as not checked. */
  store?: AuditStore;
  /** The secret guard: names of the rules that find something in a text. Absent: secrets are not looked for. */
  findSecretRules?: FindSecretRules;
  /** Of the code at hand, as decisions are signed with it. Absent: options of activities and timers are not compared. */
  buildId?: string;
  /** From `replayBundle()` of worker/workflow-bundle.ts. */
  bundle: ReplayBundle;
}

export interface ReplayReport {
  workflowId: string;
  /** Number of links. */
  links: number;
  replay: 'identical' | 'differs';
  findings: Finding[];
  checks: Check[];
  timeline: TimelineEntry[];
  /** Of what one person answered alone: whether others have signed for it. Absent: nobody did. */
  reviews?: ReviewReport[];
  /** `incomplete`: nothing differs, and the end or something that must be checked is missing. */
  verdict: 'verified' | 'differs' | 'incomplete';
}

/** Exit codes of `countersign replay`; 3 where there is no such run (`not-found`). */
export const exitCodeByVerdict = { verified: 0, differs: 1, incomplete: 1 } as const;

/** @throws {CountersignError} `not-found`, `server-unavailable`, `store-unavailable`, `key-unavailable` */
export async function replayRun({ source, ...options }: ReplayOptions): Promise<ReplayReport> {
  const links = await source.links(options.workflowId);
  if (links.length > 0) return await replayRecorded({ ...options, links });
  throw new CountersignError(
    'not-found',
    `Cannot replay run "${options.workflowId.slice(0, 100)}": there is no history of it, expected at least one link; look at "countersign runs", or its retention has ended`,
  );
}

export interface RecordedOptions extends Omit<ReplayOptions, 'source'> {
  /** In any order. */
  links: readonly LinkHistory[];
  /** Holds what was looked at before, such as the signature of a file. */
  checks?: Checks;
}

/** As `replayRun`, of histories that are at hand; without any it verifies what the store holds. */
export async function replayRecorded(options: RecordedOptions): Promise<ReplayReport> {
  const { workflowId, bundle } = options;
  const links = inChainOrder(options.links);
  const record = readRecord(workflowId, links);
  const replayed = await replayLinks(workflowId, links, bundle);
  const { checks, opened, reviews } = await verifyRecorded({ ...options, links });
  const sameBuild = wasDecidedBy(opened, options.buildId);
  const findings = record.links.flatMap((link, index) => {
    const one = replayed[index];
    return one ? compareCommands(workflowId, link, one, sameBuild) : [];
  });
  return {
    workflowId,
    links: links.length,
    replay: findings.length === 0 ? 'identical' : 'differs',
    findings,
    checks,
    timeline: buildTimeline(opened),
    ...(reviews.length > 0 ? { reviews } : {}),
    verdict: verdictOf(findings, checks),
  };
}

/** All of a replay but the replaying: what the record says of itself. */
export async function verifyRecorded(
  options: Omit<RecordedOptions, 'bundle'>,
): Promise<VerifiedRecord & { checks: Check[] }> {
  const { workflowId, registry, audience, findSecretRules, checks = new Checks() } = options;
  const store = options.store && readingChangedRows(options.store, checks);
  const links = inChainOrder(options.links);
  verifyEvents(links, checks);
  const record = readRecord(workflowId, links);
  const { opened, reviews } = await verifyRecord(record, { registry, audience, store, findSecretRules, checks });
  verifyFrame(workflowId, links, opened.ticket, checks);
  verifyAdditions(links, checks);
  return { checks: checks.list(), opened, reviews };
}

/** The build is signed with each decision, so that nobody can make a record look as if another code had written it. */
function wasDecidedBy({ decisions }: OpenedRecord, buildId: string | undefined): boolean {
  return buildId !== undefined && decisions.length > 0 && decisions.every(({ body }) => body.buildId === buildId);
}

function verdictOf(findings: readonly Finding[], checks: readonly Check[]): ReplayReport['verdict'] {
  if (findings.length > 0 || checks.some((check) => check.result === 'failed')) return 'differs';
  return checks.some((check) => check.result === 'not-checked' && check.required) ? 'incomplete' : 'verified';
}
