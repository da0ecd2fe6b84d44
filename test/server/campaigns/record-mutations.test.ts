/** A tenth of the mutations, and of the limits that they prove. */
import { testCampaign } from '../../campaigns/frame/test-campaign.ts';
import { recordMutations } from '../../campaigns/record-mutations/campaign.ts';

testCampaign(recordMutations);
