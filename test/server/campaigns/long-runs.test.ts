/** A tenth of the long-runs campaign (docs/campaigns.md). */
import { testCampaign } from '../../campaigns/frame/test-campaign.ts';
import { longRuns } from '../../campaigns/long-runs/campaign.ts';

testCampaign(longRuns);
