/** A tenth of the crashes campaign (docs/campaigns.md). */
import { crashes } from '../../campaigns/crashes/campaign.ts';
import { testCampaign } from '../../campaigns/frame/test-campaign.ts';

testCampaign(crashes);
