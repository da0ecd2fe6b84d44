/** All campaigns, in the order in which they run. */
import type { Campaign } from './campaign.ts';
import { recordMutations } from './record-mutations/campaign.ts';

export const campaigns: readonly Campaign[] = [recordMutations];
