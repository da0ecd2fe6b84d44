/** A tenth of the zombie campaign (docs/campaigns.md). */
import { zombie } from '../../campaigns/zombie/campaign.ts';
import { testCampaign } from '../../campaigns/frame/test-campaign.ts';

testCampaign(zombie);
