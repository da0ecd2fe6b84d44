/** A tenth of the namespace-attacker campaign (docs/campaigns.md). */
import { namespaceAttacker } from '../../campaigns/namespace-attacker/campaign.ts';
import { testCampaign } from '../../campaigns/frame/test-campaign.ts';

testCampaign(namespaceAttacker);
