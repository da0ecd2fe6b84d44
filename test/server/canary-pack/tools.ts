/** Tools that give away what a test told them to, in a result, in an error and in what is read for a card. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { defineTool } from 'countersign';

const parameters = z.strictObject({ name: z.string().min(1).max(200) });
const common = { parameters, description: 'A tool of the test' };

export const tools = [
  defineTool({ ...common, name: 'read_config', effect: 'read', execute: ({ name }) => `${name}: ${given('result')}` }),
  defineTool({
    ...common,
    name: 'read_broken',
    effect: 'read',
    execute: ({ name }) => {
      throw new Error(`${name} failed: ${given('error')}`);
    },
  }),
  defineTool({
    ...common,
    name: 'restart',
    effect: 'effect',
    targetState: ({ name }) => ({ name, note: given('target') }),
    execute: ({ name }) => `${name} restarted`,
  }),
];

function given(what: string): string {
  return readFileSync(`${process.env['COUNTERSIGN_TEST_CANARIES']}/${what}`, 'utf8');
}
