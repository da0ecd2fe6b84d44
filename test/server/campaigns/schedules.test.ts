/** A tenth of the schedules campaign (docs/campaigns.md). */
import { schedules } from '../../campaigns/schedules/campaign.ts';
import { testCampaign } from '../../campaigns/frame/test-campaign.ts';

testCampaign(schedules);
