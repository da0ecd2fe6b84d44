/** Tools of a pack as a test loads it; plain objects, so that only the loader's own check stands between. */
import { z } from 'zod';
import { words } from './lib/words.ts';

export const tools = [
  { name: 'read_logs', description: words, effect: 'read', parameters: z.strictObject({}), execute: () => 'line' },
  { name: 'restart', description: 'Restarts', effect: 'effect', parameters: z.strictObject({}), execute: () => 'done' },
  {
    name: 'unlisted',
    description: 'Not named',
    effect: 'effect',
    parameters: z.strictObject({}),
    execute: () => 'done',
  },
];
