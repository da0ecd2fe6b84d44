/** A tenth of a campaign as a server test; the whole of it is `npm run campaign`. */
import { expect, it } from 'vitest';
import type { Campaign } from '../campaign.ts';
import { runCampaign } from './run-campaign.ts';

/** A tenth may take this long, ms, on a machine that does other things too. */
const patienceMs = 420_000;
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
