/** A seeded tenth of the attempts of a namespace client without keys (P1, P2, P5). */
import { namespaceAttacker } from '../../campaigns/namespace-attacker/campaign.ts';
import { testCampaign } from '../../campaigns/frame/test-campaign.ts';

testCampaign(namespaceAttacker);
