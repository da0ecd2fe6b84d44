/** Tools of processes that are told to stop: one that takes until a file is there, and one whose fault carries a canary. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { defineTool } from 'countersign';

const parameters = z.strictObject({ name: z.string().min(1).max(200) });
const folder = process.env['COUNTERSIGN_TEST_FOLDER'] ?? '';

export const tools = [
  defineTool({
    name: 'read_status',
    description: 'Reads the status of a service',
    parameters,
    effect: 'read',
    execute: ({ name }) => `${name} is up`,
  }),
  defineTool({
    name: 'break_down',
    description: 'Fails with what it has read',
    parameters,
    effect: 'idempotent',
    execute: () => {
      throw new Error(`cannot go on: ${readFileSync(join(folder, 'canary'), 'utf8')}`);
    },
  }),
  defineTool({
    name: 'slow_restart',
    description: 'Restarts a service, after a while',
    parameters,
    effect: 'effect',
    startToCloseMs: 60_000,
    execute: async ({ name }, { callKey, signal }) => {
      appendFileSync(join(folder, 'log'), `started ${name} ${callKey}\n`);
      while (!existsSync(join(folder, `gate-${name}`))) await delay(20);
      appendFileSync(join(folder, 'log'), `${signal.aborted ? 'late' : 'done'} ${name} ${callKey}\n`);
      return `${name} restarted`;
    },
  }),
  defineTool({
    name: 'stuck_restart',
    description: 'Never ends and does not heed that it is told to, as some tools do not',
    parameters,
    effect: 'effect',
    startToCloseMs: 3000,
    execute: async ({ name }, { callKey }) => {
      appendFileSync(join(folder, 'log'), `started ${name} ${callKey}\n`);
      return await new Promise<string>(() => undefined);
    },
  }),
];
