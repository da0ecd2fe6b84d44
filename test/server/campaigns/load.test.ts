/** A tenth of the load campaign (docs/campaigns.md). */
import { load } from '../../campaigns/load/campaign.ts';
import { testCampaign } from '../../campaigns/frame/test-campaign.ts';

testCampaign(load);
