/** All campaigns, in the order in which they run. */
import type { Campaign } from './campaign.ts';
import { crashes } from './crashes/campaign.ts';
import { load } from './load/campaign.ts';
import { longRuns } from './long-runs/campaign.ts';
import { namespaceAttacker } from './namespace-attacker/campaign.ts';
import { recordMutations } from './record-mutations/campaign.ts';
import { schedules } from './schedules/campaign.ts';
import { shellMutations } from './shell-mutations/campaign.ts';
import { zombie } from './zombie/campaign.ts';

export const campaigns: readonly Campaign[] = [
  crashes,
  schedules,
  namespaceAttacker,
  zombie,
  recordMutations,
  shellMutations,
  load,
  longRuns,
];
