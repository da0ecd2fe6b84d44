/** All campaigns, in the order in which they run. */
import type { Campaign } from './campaign.ts';
import { namespaceAttacker } from './namespace-attacker/campaign.ts';

export const campaigns: readonly Campaign[] = [namespaceAttacker];
