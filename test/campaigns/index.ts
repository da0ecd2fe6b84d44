/** All campaigns, in the order in which they run. */
import type { Campaign } from './campaign.ts';
import { crashes } from './crashes/campaign.ts';

export const campaigns: readonly Campaign[] = [crashes];
