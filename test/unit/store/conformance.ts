/**
 * What every implementation of the store's port must do, whatever the database. Call `storeConformance` from a test file
 * with a way to open a fresh database, a further connection to it, and raw statements to tamper with it.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Store } from '../../../store/index.ts';
import { controlConformance } from './conformance/control.ts';
import { decisionConformance } from './conformance/decisions.ts';
import { fenceConformance } from './conformance/fences.ts';
import { fenceModelConformance } from './conformance/fence-model.ts';
import { gateStateConformance } from './conformance/gate-state.ts';
import { grantConformance } from './conformance/grants.ts';
import { limitConformance } from './conformance/limits.ts';
import { approvalPaceConformance } from './conformance/approval-pace.ts';
import { lookConformance } from './conformance/looks.ts';
import { noticeConformance } from './conformance/notices.ts';
import { quotaConformance } from './conformance/quotas.ts';
import { raceConformance } from './conformance/races.ts';
import { recordConformance } from './conformance/records.ts';
import { redactionConformance } from './conformance/redactions.ts';
import { reviewConformance } from './conformance/reviews.ts';
import { runConformance } from './conformance/runs.ts';
import { voteConformance } from './conformance/votes.ts';

export interface StoreHarness {
  store: Store;
  /** A further connection to the same database, as another process would have. */
  another: () => Promise<Store>;
  /** A raw statement on the database, as somebody with access to it would send. */
  execute: (sql: string) => Promise<void>;
  /** Closes the connections and removes the database. */
  dispose: () => Promise<void>;
}

/** The harness of the running suite; each test works on runs of its own in one database. */
export type CurrentHarness = () => StoreHarness;

export function storeConformance(name: string, open: () => Promise<StoreHarness>): void {
  describe(`store on ${name}`, () => {
    let harness: StoreHarness | undefined;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(async () => {
      await harness?.dispose();
    });
    const current = (): StoreHarness => {
      if (!harness) throw new Error('the harness is not open');
      return harness;
    };
    runConformance(current);
    decisionConformance(current);
    gateStateConformance(current);
    limitConformance(current);
    grantConformance(current);
    reviewConformance(current);
    quotaConformance(current);
    voteConformance(current);
    noticeConformance(current);
    approvalPaceConformance(current);
    lookConformance(current);
    fenceConformance(current);
    fenceModelConformance(current);
    recordConformance(current);
    redactionConformance(current);
    controlConformance(current);
    raceConformance(current);
  });
}
