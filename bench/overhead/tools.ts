/**
 * The tools of both loops: plain functions, so that what is measured is what stands around them. Each notes when it
 * started, by the text it was given, which is how the time from a vote to its effect is taken.
 */
import { z } from 'zod';
import { defineTool, type Tool } from '../../tools/define-tool.ts';

/** When a tool started with a name, ms of `performance.now()`; whoever waits takes it away. */
export const startedByName = new Map<string, number>();

const target = z.strictObject({ name: z.string().min(1).max(100), note: z.string().max(2000).default('') });

/** About as much as a status page or the last lines of a log. */
const resultText = 'The service answers within its limits; nothing was restarted in the last hour. '.repeat(6);

/** What a tool answers, in both loops. */
export function answerOf(tool: string, name: string): string {
  startedByName.set(name, performance.now());
  return `${tool} ${name}: ${resultText}`;
}

export function benchTools(): Tool[] {
  const make = (name: string, effect: 'read' | 'idempotent' | 'effect'): Tool =>
    defineTool({
      name,
      description: `A tool of class ${effect} that only answers`,
      parameters: target,
      effect,
      execute: (input) => answerOf(name, input.name),
    });
  return [make('read_status', 'read'), make('restart', 'effect'), make('send', 'effect')];
}
