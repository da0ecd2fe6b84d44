/**
 * Verifies a record step by step, as its proof goes: frame, signatures, decisions, votes, executions, store. It believes the
 * key registry and nothing else, and says of every step what it could not check.
 */
import type { KeyRegistry } from '../core/envelope.ts';
import type { Checks } from './checks.ts';
import { type AuditStore, type OpenedRecord, openRecord, type OpeningOptions } from './open-record.ts';
import type { RunRecord } from './record-types.ts';
import { type ReviewReport, verifyBreakGlass } from './verify-break-glass.ts';
import { verifyChain } from './verify-chain.ts';
import { verifyCompliance } from './verify-compliance.ts';
import { verifyDecisions } from './verify-decisions.ts';
import { verifyEdits } from './verify-edits.ts';
import { verifyExecutions } from './verify-executions.ts';
import { verifyGrants } from './verify-grants.ts';
import { verifyLimits } from './verify-limits.ts';
import { type FindSecretRules, verifyNoSecrets } from './verify-no-secrets.ts';
import { verifyStore } from './verify-store.ts';
import { verifyVotesOfRecord } from './verify-votes-record.ts';

export interface VerifyOptions {
  registry: KeyRegistry;
  /** The deployment whose signatures count. */
  audience: string;
  store?: AuditStore | undefined;
  /** Absent: what was recorded is not looked through, and the check says so. */
  findSecretRules?: FindSecretRules | undefined;
  /** Where each step notes what it looked at. */
  checks: Checks;
}

export interface VerifiedRecord {
  opened: OpenedRecord;
  /** Of each request that one person answered alone. */
  reviews: ReviewReport[];
}

/** @throws {CountersignError} `key-unavailable`, `store-unavailable` */
export async function verifyRecord(
  record: RunRecord,
  { registry, audience, store, findSecretRules, checks }: VerifyOptions,
): Promise<VerifiedRecord> {
  const options: OpeningOptions = { registry, audience, checks, store };
  verifyChain(record, checks);
  const opened = openRecord(record, options);
  verifyDecisions(opened, checks);
  await verifyVotesOfRecord(opened, options);
  await verifyGrants(opened, options);
  const reviews = await verifyBreakGlass(opened, options);
  await verifyEdits(opened, options);
  await verifyExecutions(opened, options);
  verifyLimits(opened, checks);
  verifyCompliance(record, checks);
  await verifyNoSecrets(record, findSecretRules, options);
  await verifyStore(opened, options);
  return { opened, reviews };
}
