/** Tools whose effects a test counts: each is a line in the file that COUNTERSIGN_TEST_EFFECTS names. */
import { appendFileSync, existsSync, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { defineGuard, defineTool } from 'countersign';

const parameters = z.strictObject({ name: z.string().min(1).max(100) });

export const guards = [
  defineGuard({
    id: 'no-vault',
    at: ['beforeTool', 'afterAgent'],
    check: ({ text }) =>
      text.includes('vault')
        ? [{ guard: 'no-vault', rule: 'vault', severity: 'critical', message: 'it names it' }]
        : [],
  }),
];

export const tools = [
  defineTool({
    name: 'read_status',
    description: 'Reads the status of a service',
    parameters,
    effect: 'read',
    execute: ({ name }) => `${name} is up`,
  }),
  defineTool({
    name: 'restart',
    description: 'Restarts a service',
    parameters,
    effect: 'effect',
    startToCloseMs: 5_000,
    execute: ({ name }, { callKey }) => {
      appendFileSync(effectsFile(), `restart ${name} ${callKey}\n`);
      return `${name} restarted`;
    },
    probe: ({ name }, { callKey }) => whetherIn(`restart ${name} ${callKey}\n`),
  }),
  defineTool({
    name: 'send',
    description: 'Sends a message, and waits for its answer',
    parameters,
    effect: 'effect',
    startToCloseMs: 30_000,
    execute: async ({ name }, { callKey, signal }) => {
      appendFileSync(effectsFile(), `send ${name} ${callKey}\n`);
      await fileAppears(`${effectsFile()}.answer-${name}`, signal);
      return `sent to ${name}`;
    },
    probe: ({ name }, { callKey }) => whetherIn(`send ${name} ${callKey}\n`),
  }),
];

function effectsFile(): string {
  return process.env['COUNTERSIGN_TEST_EFFECTS'] ?? '';
}

/** What a probe says of a line: nothing was written yet where there is no file. */
function whetherIn(line: string): 'happened' | 'did-not-happen' {
  const lines = existsSync(effectsFile()) ? readFileSync(effectsFile(), 'utf8') : '';
  return lines.includes(line) ? 'happened' : 'did-not-happen';
}

/** Wakes by the file system's own events. */
function fileAppears(path: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(dirname(path), (_, name) => name === basename(path) && resolve());
  signal.addEventListener('abort', () => resolve());
  if (existsSync(path)) resolve();
  return promise.finally(() => watcher.close());
}
