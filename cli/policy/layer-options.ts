/** Flags that several policy commands share: what stands above the policy. */
import type { Command } from 'commander';
import { z } from 'zod';

export const layerOptions = {
  organisation: z.string().optional(),
  team: z.array(z.string()).optional(),
};

export function defineLayerOptions(command: Command): Command {
  return command
    .option('--organisation <file>', 'policy of the organisation, above this one')
    .option('--team <name=file...>', 'policy of a team, above this one');
}
