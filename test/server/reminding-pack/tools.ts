/** One tool, which writes down that it was run. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defineTool } from 'countersign';

const folder = process.env['COUNTERSIGN_TEST_FOLDER'] ?? '';

export const tools = [
  defineTool({
    name: 'restart',
    description: 'Restarts a service',
    parameters: z.strictObject({ name: z.string().min(1).max(200) }),
    effect: 'effect',
    execute: ({ name }) => {
      appendFileSync(join(folder, 'effects'), `restart ${name}\n`);
      return `${name} restarted`;
    },
  }),
];
