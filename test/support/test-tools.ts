/**
 * Tools for tests on a real server. Each effect is one line appended to `<folder>/effects.log`, so that it is counted from
 * outside, also when the process that made it was killed. A tool can be made to wait at a gate: the file
 * `<folder>/gate-<name>` is what it waits for.
 */
import { appendFileSync, existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defineTool, type ProbeAnswer, type Tool } from '../../tools/define-tool.ts';
import type { ToolContext } from '../../tools/tool-context.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';

const target = z.strictObject({ name: z.string().min(1).max(100) });

/** Lines of the effects log: `<tool> <argument> <call key> <try>`. */
export function effectsIn(folder: string): string[] {
  const path = join(folder, 'effects.log');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

/** Executions of the slow tools that began: `<call key> <try>`. */
export function startedIn(folder: string): string[] {
  const path = join(folder, 'started.log');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

function act(folder: string, tool: string, name: string, context: ToolContext): void {
  appendFileSync(join(folder, 'effects.log'), `${tool} ${name} ${context.callKey} ${context.try}\n`);
}

function happened(folder: string, tool: string, name: string, context: ToolContext): ProbeAnswer {
  const line = `${tool} ${name} ${context.callKey}`;
  return effectsIn(folder).some((one) => one.startsWith(line)) ? 'happened' : 'did-not-happen';
}

/** Resolves when the file is there or the execution is aborted; wakes by the file system's own events. */
function passGate(folder: string, name: string, signal: AbortSignal): Promise<void> {
  const path = join(folder, `gate-${name}`);
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(folder, () => existsSync(path) && resolve());
  signal.addEventListener('abort', () => resolve());
  if (existsSync(path)) resolve();
  return promise.finally(() => watcher.close());
}

export function testTools(folder: string): Tool[] {
  return [
    defineTool({
      name: 'read_status',
      description: 'Reads the status of a service',
      parameters: target,
      effect: 'read',
      execute: ({ name }) => `${name} is up`,
    }),
    defineTool({
      name: 'restart',
      description: 'Restarts a service',
      parameters: target,
      effect: 'idempotent',
      execute: ({ name }, context) => {
        act(folder, 'restart', name, context);
        return `${name} restarted`;
      },
    }),
    defineTool({
      name: 'delete_database',
      description: 'Deletes a database',
      parameters: target,
      effect: 'effect',
      execute: ({ name }, context) => {
        act(folder, 'delete_database', name, context);
        return `${name} deleted`;
      },
    }),
    defineTool({
      name: 'send',
      description: 'Sends a message',
      parameters: target,
      effect: 'effect',
      probe: ({ name }, context) => happened(folder, 'send', name, context),
      execute: ({ name }, context) => {
        act(folder, 'send', name, context);
        return `sent to ${name}`;
      },
    }),
    defineTool({
      name: 'quick_send',
      description: 'Sends a message, and is soon known not to have ended',
      parameters: target,
      effect: 'effect',
      startToCloseMs: 2000,
      probe: ({ name }, context) => happened(folder, 'quick_send', name, context),
      execute: ({ name }, context) => {
        act(folder, 'quick_send', name, context);
        return `sent to ${name}`;
      },
    }),
    defineTool({
      name: 'slow_send',
      description: 'Sends a message, after a while',
      parameters: target,
      effect: 'effect',
      startToCloseMs: 20_000,
      probe: ({ name }, context) => happened(folder, 'slow_send', name, context),
      execute: async ({ name }, context) => {
        appendFileSync(join(folder, 'started.log'), `${context.callKey} ${context.try}\n`);
        await passGate(folder, name, context.signal);
        if (context.signal.aborted) throw new ToolFailure('stopped before it was sent');
        act(folder, 'slow_send', name, context);
        return `sent to ${name}`;
      },
    }),
    defineTool({
      name: 'blind_send',
      description: 'Sends a message, and nobody can tell afterwards',
      parameters: target,
      effect: 'effect',
      startToCloseMs: 2000,
      execute: async ({ name }, context) => {
        appendFileSync(join(folder, 'started.log'), `${context.callKey} ${context.try}\n`);
        if (context.try === 1) await passGate(folder, name, AbortSignal.timeout(600_000));
        act(folder, 'blind_send', name, context);
        return `sent to ${name}`;
      },
    }),
    defineTool({
      name: 'torn_send',
      description: 'Sends a message over a connection that breaks before it is sent, the first time',
      parameters: target,
      effect: 'effect',
      startToCloseMs: 1000,
      probe: ({ name }, context) => happened(folder, 'torn_send', name, context),
      execute: ({ name }, context) => {
        if (context.try === 1) throw new Error('the connection broke');
        act(folder, 'torn_send', name, context);
        return `sent to ${name}`;
      },
    }),
    defineTool({
      name: 'leak',
      description: 'Reads a file that holds a secret',
      parameters: target,
      effect: 'read',
      execute: () => readFileSync(join(folder, 'canary'), 'utf8'),
    }),
    defineTool({
      name: 'scale',
      description: 'Scales a service whose size it first reads',
      parameters: target,
      effect: 'effect',
      targetState: () => ({ size: readFileSync(join(folder, 'size'), 'utf8') }),
      execute: ({ name }, context) => {
        act(folder, 'scale', name, context);
        return `${name} scaled`;
      },
    }),
    defineTool({
      name: 'purge',
      description: 'Deletes old copies, of which it first reads how many there are and says which it would delete',
      parameters: target,
      effect: 'effect',
      targetState: () => ({ copies: readFileSync(join(folder, 'size'), 'utf8') }),
      dryRun: ({ name }) => `would delete of ${name}: ${readFileSync(join(folder, 'plan'), 'utf8')}`,
      execute: ({ name }, context) => {
        act(folder, 'purge', name, context);
        return `${name} purged`;
      },
    }),
  ];
}
