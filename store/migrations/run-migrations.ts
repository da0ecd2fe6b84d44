/**
 * Brings a database to this version's tables, within the caller's transaction: two processes that start at once make
 * them once. A database of a newer version is refused, never changed.
 */
import type { Kysely, Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { indexApprovalChanges } from './approval-changes.ts';
import { indexAskOrder } from './ask-order.ts';
import { createAskQuotas } from './ask-quotas.ts';
import { type AppendOnly, createAuthorityAndLedger } from './authority-and-ledger.ts';
import { indexGateReads } from './gate-reads.ts';
import { createGrantUses } from './grant-uses.ts';
import { createKeyUses } from './key-uses.ts';
import { createLooks } from './looks.ts';
import { createNoticeAlarms } from './notice-alarms.ts';
import { createNotices } from './notices.ts';
import { createPolicyLimits } from './policy-limits.ts';
import { createWithdrawals } from './withdrawals.ts';
import { createRedactions } from './redactions.ts';
import { addAskRisk } from './ask-risk.ts';
import { indexRepeatedLooks } from './repeated-looks.ts';
import { createReviewNotices } from './review-notices.ts';
import { createReviews } from './reviews.ts';
import { createSlidingLimits } from './sliding-limits.ts';
import { createTellings } from './tellings.ts';

function migrationsIn(appendOnly: AppendOnly): Record<string, Migration> {
  return {
    '0001-authority-and-ledger': { up: (db: Kysely<never>) => createAuthorityAndLedger(db, appendOnly) },
    '0002-policy-limits': { up: createPolicyLimits },
    '0003-gate-reads': { up: indexGateReads },
    '0004-sliding-limits': { up: createSlidingLimits },
    '0005-approval-changes': { up: indexApprovalChanges },
    '0006-notices': { up: createNotices },
    '0007-withdrawals': { up: createWithdrawals },
    '0008-key-uses': { up: createKeyUses },
    '0009-redactions': { up: createRedactions },
    '0010-notice-alarms': { up: createNoticeAlarms },
    '0011-ask-quotas': { up: createAskQuotas },
    '0012-grant-uses': { up: createGrantUses },
    '0013-reviews': { up: createReviews },
    '0014-review-notices': { up: createReviewNotices },
    '0015-looks': { up: createLooks },
    '0016-tellings': { up: createTellings },
    '0017-ask-order': { up: indexAskOrder },
    '0018-repeated-looks': { up: indexRepeatedLooks },
    '0019-ask-risk': { up: addAskRisk },
  };
}

/** Of this version, in their order. */
export const migrationNames: readonly string[] = Object.keys(migrationsIn(() => []));

/**
 * @param schema of the migrations' own tables, where a database may hold those of other programs too
 * @throws what the migration met; the caller's transaction must then be rolled back
 */
export async function runMigrations<T>(
  transaction: Transaction<T>,
  appendOnly: AppendOnly,
  schema?: string,
): Promise<void> {
  const migrator = new Migrator({
    db: transaction,
    provider: { getMigrations: () => Promise.resolve(migrationsIn(appendOnly)) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw error instanceof Error ? error : new Error('Cannot migrate the database: the cause is unknown');
}
