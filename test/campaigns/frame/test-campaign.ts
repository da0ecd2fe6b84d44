/** A tenth of a campaign as a server test; the whole of it is `npm run campaign`. */
import { expect, it } from 'vitest';
import type { Campaign } from '../campaign.ts';
import { runCampaign } from './run-campaign.ts';

/** Ends what hangs, ms; many times what a tenth takes. */
const patienceMs = 900_000;
export const testSeed = 1;

export function testCampaign(campaign: Campaign): void {
  it(
    `the ${campaign.name} campaign, a tenth of it: ${campaign.summary}`,
    async () => {
      const count = Math.ceil(campaign.fullCount / 10);
      const report = await runCampaign(campaign, { seed: testSeed, count, progress: () => undefined });
      expect(report.failures.map(({ what, repeat }) => `${what}\n  repeat: ${repeat}`)).toEqual([]);
      expect(report.table.rows.length).toBeGreaterThan(0);
    },
    patienceMs,
  );
}
