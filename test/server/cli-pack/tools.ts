/** Tools whose effects a test counts: each is a line in the file that COUNTERSIGN_TEST_EFFECTS names. */
import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { defineTool } from 'countersign';

const parameters = z.strictObject({ name: z.string().min(1).max(100) });

export const tools = [
  defineTool({
    name: 'read_status',
    description: 'Reads the status of a service',
    parameters,
    effect: 'read',
    resultLabels: ['operator'],
    execute: ({ name }) => `${name} is up`,
  }),
  defineTool({
    name: 'restart',
    description: 'Restarts a service',
    parameters,
    effect: 'effect',
    execute: ({ name }, { callKey }) => {
      appendFileSync(process.env['COUNTERSIGN_TEST_EFFECTS'] ?? '', `restart ${name} ${callKey}\n`);
      return `${name} restarted`;
    },
  }),
];
