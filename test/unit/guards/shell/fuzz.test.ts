/** A tenth of the campaign that writes shell scripts differently; it needs no server. */
import { testCampaign } from '../../../campaigns/frame/test-campaign.ts';
import { shellMutations } from '../../../campaigns/shell-mutations/campaign.ts';

testCampaign(shellMutations);
