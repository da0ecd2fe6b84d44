/** All campaigns, in the order in which they run. */
import type { Campaign } from './campaign.ts';

export const campaigns: readonly Campaign[] = [];
